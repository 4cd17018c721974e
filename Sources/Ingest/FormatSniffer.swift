/// Tells a file's format by its content; the declared media type is not asked, the name only has to agree.
///
/// Works on the whole content in memory, reads no more than its head and (for archives) its directory, and never
/// expands anything.
public enum FormatSniffer {
    /// How much of a text file is looked at. The CSV reader checks the rest while it reads.
    static let headBytes = 64 << 10

    /// The format of `bytes`.
    ///
    /// - Parameter fileExtension: the part of the file's name after the last dot, in any case, without the dot; nil
    ///   or empty when the name has none (then the content alone decides).
    /// - Throws: `IngestError.emptyFile`, `.unsupportedMediaType`, `.extensionMismatch`.
    public static func format(of bytes: [UInt8], fileExtension: String? = nil) throws(IngestError) -> DocumentFormat {
        guard !bytes.isEmpty else { throw .emptyFile }
        let declared = (fileExtension ?? "").lowercased()
        switch content(of: bytes, declared: declared) {
        case .document(let format):
            guard declared.isEmpty || format.fileExtensions.contains(declared) else {
                // Text under a foreign name is no CSV: "notes.txt" is refused for what it is.
                if format == .csv, !DocumentFormat.allExtensions.contains(declared) {
                    throw .unsupportedMediaType(found: "plain text named .\(clipped(declared))")
                }
                throw .extensionMismatch(name: clipped(declared), found: format.rawValue.uppercased())
            }
            return format
        case .other(let found):
            throw .unsupportedMediaType(found: found)
        }
    }

    /// The extension of a file name or path, lower case, or nil.
    public static func fileExtension(ofName name: String) -> String? {
        let last = name.split(separator: "/", omittingEmptySubsequences: true).last ?? ""
        guard let dot = last.lastIndex(of: "."), dot != last.startIndex else { return nil }
        let tail = last[last.index(after: dot)...]
        return tail.isEmpty ? nil : tail.lowercased()
    }

    private enum Content {
        case document(DocumentFormat)
        case other(String)
    }

    private static func clipped(_ text: String) -> String { String(text.unicodeScalars.prefix(16)) }

    private static func content(of bytes: [UInt8], declared: String) -> Content {
        // ISO 32000-1, annex H: readers accept the header anywhere in the first 1,024 bytes.
        if find("%PDF-", in: bytes.prefix(1_024)) { return .document(.pdf) }
        if bytes.starts(with: [0x50, 0x4B, 0x03, 0x04]) || bytes.starts(with: [0x50, 0x4B, 0x05, 0x06]) {
            return archive(bytes, declared: declared)
        }
        if let name = signatures.first(where: { bytes.starts(with: $0.bytes) })?.name { return .other(name) }
        if bytes.count >= 12, find("WEBP", in: bytes[8..<12]) { return .other("a WebP image") }
        if bytes.count >= 12, find("ftyp", in: bytes[4..<8]) { return .other("a media file (HEIC or MP4)") }
        return text(bytes)
    }

    private static let signatures: [(bytes: [UInt8], name: String)] = [
        ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], "an old or password-protected Office file (.doc, .xls)"),
        ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "a PNG image"),
        ([0xFF, 0xD8, 0xFF], "a JPEG image"),
        (Array("GIF8".utf8), "a GIF image"),
        ([0x49, 0x49, 0x2A, 0x00], "a TIFF image"),
        ([0x4D, 0x4D, 0x00, 0x2A], "a TIFF image"),
        (Array("{\\rtf".utf8), "an RTF document"),
        (Array("%!PS".utf8), "a PostScript file"),
        ([0x1F, 0x8B], "a gzip archive"),
        ([0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C], "a 7-Zip archive"),
        (Array("Rar!".utf8), "a RAR archive"),
        ([0x7F, 0x45, 0x4C, 0x46], "a program"),
        (Array("MZ\u{90}".unicodeScalars.map { UInt8($0.value) }), "a program"),
        (Array("SQLite format 3".utf8), "a database"),
    ]

    private static func archive(_ bytes: [UInt8], declared: String) -> Content {
        guard let names = ArchiveDirectory.entryNames(of: bytes) else {
            // The directory is missing or damaged: a cut-off DOCX still shows its parts' names in its head.
            let isWord = declared == "docx" || find("word/", in: bytes.prefix(headBytes))
            return isWord ? .document(.docx) : .other("a damaged ZIP archive")
        }
        let lower = names.map { $0.lowercased() }
        if lower.contains(where: { $0.hasSuffix("vbaproject.bin") }) { return .other("an Office file with macros") }
        if lower.contains(where: { $0.hasPrefix("word/") }) { return .document(.docx) }
        if lower.contains(where: { $0.hasPrefix("xl/") }) { return .other("an Excel workbook (.xlsx)") }
        if lower.contains(where: { $0.hasPrefix("ppt/") }) { return .other("a PowerPoint presentation (.pptx)") }
        if lower.contains("mimetype") { return .other("an OpenDocument or EPUB file") }
        return .other("a ZIP archive")
    }

    private static func text(_ bytes: [UInt8]) -> Content {
        if bytes.starts(with: [0xFF, 0xFE, 0x00, 0x00]) || bytes.starts(with: [0x00, 0x00, 0xFE, 0xFF]) {
            return .other("UTF-32 text")
        }
        if bytes.starts(with: [0xFF, 0xFE]) || bytes.starts(with: [0xFE, 0xFF]) { return .document(.csv) }
        let head = bytes.prefix(headBytes)
        var controls = 0
        for byte in head {
            if byte == 0 { return .other("binary data (it holds NUL bytes)") }
            if byte < 0x20, byte != 0x09, byte != 0x0A, byte != 0x0C, byte != 0x0D { controls += 1 }
        }
        // Text holds no control characters to speak of; compressed or encoded data holds one in nine bytes.
        if controls * 100 > head.count { return .other("binary data") }
        let start = String(decoding: head.prefix(256), as: UTF8.self).lowercased()
            .drop { $0.isWhitespace || $0 == "\u{FEFF}" }
        if start.hasPrefix("<!doctype html") || start.hasPrefix("<html") { return .other("an HTML page") }
        if start.hasPrefix("<?xml") { return .other("an XML file") }
        return .document(.csv)
    }

    private static func find(_ needle: StaticString, in bytes: ArraySlice<UInt8>) -> Bool {
        let pattern = Array(needle.description.utf8)
        guard bytes.count >= pattern.count else { return false }
        for start in bytes.startIndex...(bytes.endIndex - pattern.count)
        where bytes[start] == pattern[0] && bytes[start..<(start + pattern.count)].elementsEqual(pattern) {
            return true
        }
        return false
    }
}

extension DocumentFormat {
    /// The extensions, lower case, under which this format may come.
    public var fileExtensions: [String] {
        switch self {
        case .pdf: ["pdf"]
        case .docx: ["docx"]
        case .csv: ["csv", "tsv"]
        }
    }

    static let allExtensions = Set(allCases.flatMap(\.fileExtensions))
}
