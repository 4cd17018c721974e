/// What the server asks of a worker. It travels as the only own variable of an otherwise empty environment: the
/// worker's arguments stay fixed and its standard input is the file.
struct ExtractionRequest: Equatable {
    static let variable = "PROPERTYPRO_EXTRACTION"

    /// The extension of the name under which the file was handed in, lower case; nil when it has none.
    var fileExtension: String?
    var limits: IngestLimits

    init(fileExtension: String?, limits: IngestLimits) {
        // Letters and digits alone: a hostile name can neither break the format nor be long.
        let safe = fileExtension.map { $0.unicodeScalars.prefix(16).map { $0.isASCIIWord ? String($0) : "_" }.joined() }
        self.fileExtension = safe == "" ? nil : safe
        self.limits = limits
    }

    var encoded: String { "1;\(fileExtension ?? "");\(limits.encoded)" }

    init?(encoded: String) {
        let parts = encoded.split(separator: ";", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "1", let limits = IngestLimits(encoded: String(parts[2])) else {
            return nil
        }
        self.init(fileExtension: parts[1].isEmpty ? nil : String(parts[1]), limits: limits)
    }
}

extension Unicode.Scalar {
    fileprivate var isASCIIWord: Bool {
        switch self {
        case "a"..."z", "A"..."Z", "0"..."9": true
        default: false
        }
    }
}
