/// A first look at an XML text, before a parser sees it: refuses what makes parsers slow.
///
/// libxml2 compares each attribute of an element with all others, so 100,000 of them cost minutes. This walk is
/// linear, knows tags, quotes, comments and CDATA, and nothing else.
enum XMLTags {
    /// - Throws: `.malformedFile` for a tag that is too long or has too many attributes, for a document type (the
    ///   format has none; entities come from there), and for other encodings than UTF-8.
    static func check(_ bytes: [UInt8], limits: IngestLimits) throws(IngestError) {
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) || bytes.prefix(4).contains(0) {
            throw .malformedFile(reason: "its XML is not UTF-8")
        }
        // Other encodings would hide tags from this walk; none of them shows `<` as its first byte.
        let body = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes.dropFirst(3) : bytes[...]
        let first = body.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0A && $0 != 0x0D }
        guard first == UInt8(ascii: "<") else { throw .malformedFile(reason: "its XML does not begin with a tag") }
        var index = 0
        while let open = bytes[index...].firstIndex(of: UInt8(ascii: "<")) {
            index = open + 1
            if bytes[index...].starts(with: comment) {
                index = end(of: commentEnd, in: bytes, from: index)
            } else if bytes[index...].starts(with: cdata) {
                index = end(of: cdataEnd, in: bytes, from: index)
            } else if bytes[index...].starts(with: documentType) {
                throw .malformedFile(reason: "its XML declares a document type or entities")
            } else {
                index = try endOfTag(in: bytes, from: index, limits: limits)
            }
        }
    }

    private static let comment = Array("!--".utf8)
    private static let commentEnd = Array("-->".utf8)
    private static let cdata = Array("![CDATA[".utf8)
    private static let cdataEnd = Array("]]>".utf8)
    private static let documentType = Array("!".utf8)

    private static func end(of terminator: [UInt8], in bytes: [UInt8], from start: Int) -> Int {
        var index = start
        while let found = bytes[index...].firstIndex(of: terminator[0]) {
            if bytes[found...].starts(with: terminator) { return found + terminator.count }
            index = found + 1
        }
        return bytes.count
    }

    private static func endOfTag(
        in bytes: [UInt8], from start: Int, limits: IngestLimits
    ) throws(IngestError) -> Int {
        var attributes = 0
        var quote: UInt8 = 0
        var index = start
        while index < bytes.count {
            let byte = bytes[index]
            if quote != 0 {
                if byte == quote { quote = 0 }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
                attributes += 1
            } else if byte == UInt8(ascii: ">") {
                return index + 1
            }
            index += 1
            guard attributes <= limits.maximumAttributes, index - start <= limits.maximumTagBytes else {
                throw .malformedFile(reason: "an XML element has too many attributes or is too long")
            }
        }
        return bytes.count
    }
}
