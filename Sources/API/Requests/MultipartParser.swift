/// What is wrong with a multipart body.
public enum MultipartError: Error, Equatable, CustomStringConvertible, ProblemConvertible {
    case notMultipart
    case badBoundary
    /// Text before the first or after the last delimiter beyond the limit.
    case tooMuchPadding(limitBytes: Int)
    case malformedDelimiter
    case headersTooLarge(limitBytes: Int)
    case tooManyHeaders(limit: Int)
    case malformedHeader
    /// No `Content-Disposition: form-data` with a name.
    case missingName
    case tooManyParts(limit: Int)
    case fieldTooLarge(name: String, limitBytes: Int)
    case fileTooLarge(limitBytes: Int)
    case badText(name: String)
    /// The body ended before the closing delimiter.
    case truncated

    public var description: String {
        switch self {
        case .notMultipart: "Send multipart/form-data."
        case .badBoundary: "The multipart boundary is missing or malformed."
        case .tooMuchPadding(let limit): "More than \(limit) bytes stand outside the parts of the multipart body."
        case .malformedDelimiter: "A multipart delimiter is malformed."
        case .headersTooLarge(let limit): "The header of a multipart part is larger than \(limit) bytes."
        case .tooManyHeaders(let limit): "A multipart part has more than \(limit) header fields."
        case .malformedHeader: "The header of a multipart part is malformed."
        case .missingName: "A multipart part has no form-data name."
        case .tooManyParts(let limit): "The multipart body has more than \(limit) parts."
        case .fieldTooLarge(let name, let limit): "The field \(name.prefix(80)) is larger than \(limit) bytes."
        case .fileTooLarge(let limit): "The limit is \(limit) bytes."
        case .badText(let name): "The field \(name.prefix(80)) is not UTF-8 text."
        case .truncated: "The multipart body ends too early."
        }
    }

    public var problem: Problem {
        switch self {
        case .notMultipart: Problem(.unsupportedMediaType, detail: description)
        case .fileTooLarge, .fieldTooLarge: Problem(.payloadTooLarge, detail: description)
        default: Problem(.invalidParameter, detail: description)
        }
    }
}

/// Ceilings of a multipart body.
public struct MultipartLimits: Sendable, Hashable {
    public var parts = 32
    public var headerBytes = 8 << 10
    public var headerFields = 16
    /// Of a part without a file name.
    public var fieldBytes = 64 << 10
    /// Of a part with a file name.
    public var fileBytes: Int
    /// Before the first and after the last delimiter, each.
    public var paddingBytes = 1 << 10

    public init(fileBytes: Int) {
        self.fileBytes = fileBytes
    }
}

/// The header of one part.
public struct MultipartPart: Sendable, Hashable {
    public let name: String
    /// Last path component of what the client said; empty when it named nothing usable. Nil for ordinary fields.
    public let filename: String?
    public let contentType: String?
}

public enum MultipartEvent: Sendable, Equatable {
    case began(MultipartPart)
    /// Content, in order, in pieces of any size above zero.
    case content(ArraySlice<UInt8>)
    case ended
}

/// Takes a multipart/form-data body (RFC 7578, RFC 2046 section 5.1) apart: bytes in, events out, no I/O.
///
/// Pieces may be cut anywhere. Holds at most one piece, one header and one delimiter's length; content is handed on
/// as it comes. After an error the parser must not be used again.
public struct MultipartParser {
    private enum State: Equatable {
        case preamble
        /// Just behind `CRLF--boundary`.
        case afterDelimiter
        case headers
        case content(isFile: Bool, name: String, bytes: Int)
        case epilogue
    }

    private let delimiter: [UInt8]
    private let limits: MultipartLimits
    private var state = State.preamble
    /// Bytes not yet consumed. Starts with a line break, so that the first delimiter looks like all others.
    private var buffer: [UInt8] = [13, 10]
    private var partCount = 0
    private var paddingBytes = 0

    /// - Parameter boundary: 1 to 70 characters of RFC 2046's `bchars`.
    public init(boundary: String, limits: MultipartLimits) throws(MultipartError) {
        let allowed = Set("'()+_,-./:=? ".utf8)
        let isAllowed = boundary.utf8.allSatisfy { byte in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || allowed.contains(byte)
        }
        guard (1...70).contains(boundary.utf8.count), isAllowed, boundary.last != " " else { throw .badBoundary }
        delimiter = Array("\r\n--\(boundary)".utf8)
        self.limits = limits
    }

    /// The boundary from a Content-Type.
    public static func boundary(ofContentType field: String?) throws(MultipartError) -> String {
        guard let field, let parsed = HeaderParameters(field), parsed.value == "multipart/form-data" else {
            throw .notMultipart
        }
        guard let boundary = parsed.parameters["boundary"] else { throw .badBoundary }
        return boundary
    }

    /// Feeds the next piece and returns what it brought.
    public mutating func consume(_ piece: some Sequence<UInt8>) throws(MultipartError) -> [MultipartEvent] {
        buffer.append(contentsOf: piece)
        var events: [MultipartEvent] = []
        var position = 0
        while try step(&position, &events) {}
        buffer.removeFirst(position)
        return events
    }

    /// To be called at the end of the body.
    public func finish() throws(MultipartError) {
        guard state == .epilogue else { throw .truncated }
    }

    /// Takes one step from `position`; false when more bytes are needed.
    private mutating func step(_ position: inout Int, _ events: inout [MultipartEvent]) throws(MultipartError) -> Bool {
        switch state {
        case .preamble: return try skipPreamble(&position)
        case .afterDelimiter: return try readDelimiterEnd(&position)
        case .headers: return try readHeaders(&position, &events)
        case .content(let isFile, let name, let bytes):
            return try readContent(&position, &events, isFile: isFile, name: name, bytes: bytes)
        case .epilogue:
            paddingBytes += buffer.count - position
            position = buffer.count
            guard paddingBytes <= limits.paddingBytes else { throw .tooMuchPadding(limitBytes: limits.paddingBytes) }
            return false
        }
    }

    private mutating func skipPreamble(_ position: inout Int) throws(MultipartError) -> Bool {
        let (end, isComplete) = findDelimiter(from: position)
        paddingBytes += end - position
        // The line break put in front is not the client's.
        guard paddingBytes <= limits.paddingBytes + 2 else { throw .tooMuchPadding(limitBytes: limits.paddingBytes) }
        position = end
        guard isComplete else { return false }
        position += delimiter.count
        paddingBytes = 0
        state = .afterDelimiter
        return true
    }

    private mutating func readDelimiterEnd(_ position: inout Int) throws(MultipartError) -> Bool {
        var end = position
        if end < buffer.count, buffer[end] == 45 {
            guard end + 1 < buffer.count else { return false }
            guard buffer[end + 1] == 45 else { throw .malformedDelimiter }
            position += 2
            state = .epilogue
            return true
        }
        // Transport padding (RFC 2046).
        while end < buffer.count, buffer[end] == 32 || buffer[end] == 9 { end += 1 }
        guard end - position <= limits.paddingBytes else { throw .tooMuchPadding(limitBytes: limits.paddingBytes) }
        guard end < buffer.count else { return false }
        guard buffer[end] == 13 else { throw .malformedDelimiter }
        guard end + 1 < buffer.count else { return false }
        guard buffer[end + 1] == 10 else { throw .malformedDelimiter }
        guard partCount < limits.parts else { throw .tooManyParts(limit: limits.parts) }
        partCount += 1
        position = end + 2
        state = .headers
        return true
    }

    private mutating func readHeaders(
        _ position: inout Int, _ events: inout [MultipartEvent]
    ) throws(MultipartError) -> Bool {
        // An empty line right away ends a header without fields, which has no name either.
        if buffer.count >= position + 2, buffer[position] == 13, buffer[position + 1] == 10 { throw .missingName }
        var end = position
        let limit = position + limits.headerBytes
        while end + 3 < buffer.count, end < limit {
            if buffer[end] == 13, buffer[end + 1] == 10, buffer[end + 2] == 13, buffer[end + 3] == 10 {
                let part = try Self.part(header: buffer[position..<end], limits: limits)
                // The line break before the content belongs to the search for the delimiter: content may be empty.
                position = end + 2
                state = .content(isFile: part.filename != nil, name: part.name, bytes: -2)
                events.append(.began(part))
                return true
            }
            end += 1
        }
        guard end < limit else { throw .headersTooLarge(limitBytes: limits.headerBytes) }
        return false
    }

    private mutating func readContent(
        _ position: inout Int, _ events: inout [MultipartEvent], isFile: Bool, name: String, bytes: Int
    ) throws(MultipartError) -> Bool {
        let (end, isComplete) = findDelimiter(from: position)
        // `bytes` starts at −2 for the line break that ended the header.
        let skipped = bytes < 0 ? min(-bytes, end - position) : 0
        let total = bytes + (end - position)
        let limit = isFile ? limits.fileBytes : limits.fieldBytes
        guard total <= limit else {
            throw isFile ? .fileTooLarge(limitBytes: limit) : .fieldTooLarge(name: name, limitBytes: limit)
        }
        if position + skipped < end { events.append(.content(buffer[(position + skipped)..<end])) }
        position = end
        guard isComplete else {
            state = .content(isFile: isFile, name: name, bytes: total)
            return false
        }
        position += delimiter.count
        events.append(.ended)
        state = .afterDelimiter
        return true
    }

    /// Where the next delimiter starts, or else up to where there certainly is none.
    private func findDelimiter(from start: Int) -> (end: Int, isComplete: Bool) {
        var position = start
        while let candidate = buffer[position...].firstIndex(of: 13) {
            let available = min(delimiter.count, buffer.count - candidate)
            if buffer[candidate..<(candidate + available)].elementsEqual(delimiter[..<available]) {
                return (candidate, available == delimiter.count)
            }
            position = candidate + 1
        }
        return (buffer.count, false)
    }

    private static func part(
        header: ArraySlice<UInt8>, limits: MultipartLimits
    ) throws(MultipartError) -> MultipartPart {
        guard let text = String(validating: header, as: UTF8.self) else { throw .malformedHeader }
        // "\r\n" is one Character: split by it.
        let lines = text.split(separator: "\r\n", omittingEmptySubsequences: false)
        guard lines.count <= limits.headerFields else { throw .tooManyHeaders(limit: limits.headerFields) }
        var fields: [String: String] = [:]
        for line in lines {
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let isName = parts[0].utf8.allSatisfy { $0 > 32 && $0 < 127 }
            let hasControl = line.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\t" }
            guard parts.count == 2, !parts[0].isEmpty, isName, !hasControl else { throw .malformedHeader }
            let name = parts[0].lowercased()
            guard fields[name] == nil else { throw .malformedHeader }
            fields[name] = parts[1].drop { $0 == " " || $0 == "\t" }.description
        }
        guard let disposition = fields["content-disposition"] else { throw .missingName }
        guard let parsed = HeaderParameters(disposition) else { throw .malformedHeader }
        guard parsed.value == "form-data", let name = parsed.parameters["name"], !name.isEmpty else {
            throw .missingName
        }
        return MultipartPart(
            name: name, filename: try Filename.read(parsed.parameters), contentType: fields["content-type"])
    }
}

/// The name a client gives to an uploaded file. It is shown, never used as a path.
enum Filename {
    /// `filename*` (RFC 5987) before `filename`; nil when neither is there.
    static func read(_ parameters: [String: String]) throws(MultipartError) -> String? {
        if let extended = parameters["filename*"] {
            let parts = extended.split(separator: "'", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0].lowercased() == "utf-8", let text = percentDecoded(parts[2]) else {
                throw .malformedHeader
            }
            return clean(text)
        }
        // Browsers write a quote in a name as %22 and a line break as %0D%0A (WHATWG HTML, multipart/form-data).
        guard let plain = parameters["filename"] else { return nil }
        return clean(plain.replacing("%22", with: "\"").replacing("%0D", with: " ").replacing("%0A", with: " "))
    }

    /// The last path component without control characters; empty for `.`, `..` and nothing at all. Its length is
    /// bounded by that of a part's header.
    static func clean(_ text: String) -> String {
        let last = text.split(omittingEmptySubsequences: false) { $0 == "/" || $0 == "\\" }.last ?? ""
        var scalars = String.UnicodeScalarView()
        for scalar in last.unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator: break
            default: scalars.append(scalar)
            }
        }
        let name = String(scalars).trimmingPrefix { $0 == " " }
        return name == "." || name == ".." ? "" : String(name)
    }
}
