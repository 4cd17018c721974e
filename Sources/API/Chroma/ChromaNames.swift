import Foundation

/// Which names Chroma takes for databases and collections.
enum ChromaNames {
    /// - Parameter field: put before the message where the answer names one.
    static func check(_ name: String, field: String?) throws {
        let prefix = field.map { "Validation error: \($0): " } ?? ""
        let bytes = Array(name.utf8)
        func isEdge(_ byte: UInt8) -> Bool {
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
        }
        guard (3...512).contains(bytes.count), let first = bytes.first, let last = bytes.last, isEdge(first),
            isEdge(last), bytes.allSatisfy({ isEdge($0) || $0 == 45 || $0 == 46 || $0 == 95 })
        else {
            throw ChromaError.invalid(
                prefix + "Expected a name containing 3-512 characters from [a-zA-Z0-9._-], starting and ending with a "
                    + "character in [a-zA-Z0-9]. Got: \(name)")
        }
        guard !name.contains("..") else {
            throw ChromaError.invalid(
                prefix + "Expected a name that does not contains two consecutive periods (..). Got \(name)")
        }
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count != 4 || !parts.allSatisfy({ UInt8($0) != nil }) else {
            throw ChromaError.invalid(prefix + "Expected a name that is not a valid ip address. Got \(name)")
        }
    }
}

extension ChromaNames {
    /// A UUID as we write it, of any of the forms that Chroma reads; nil for other text.
    static func uid(_ text: String) -> String? {
        let digits = text.lowercased().filter { $0 != "-" && $0 != "{" && $0 != "}" }
        guard digits.utf8.count == 32, digits.utf8.allSatisfy({ hexDigit($0) != nil }) else { return nil }
        var parts: [Substring] = []
        var rest = digits[...]
        for length in [8, 4, 4, 4, 12] {
            parts.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return parts.joined(separator: "-")
    }
}
