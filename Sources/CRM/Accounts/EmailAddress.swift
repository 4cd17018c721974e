import Foundation

/// An e-mail address: kept as given (NFC, trimmed), compared without case.
public struct EmailAddress: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    /// What two spellings of one address share; unique in the store.
    public var key: String { text.lowercased() }
    public var description: String { text }

    /// Nil unless the text has the form `local@domain`: 3 to 254 characters, a local part of at most 64 without
    /// spaces, and a domain of dot-separated labels. Whether mail arrives there is not ours to know.
    public init?(_ raw: String) {
        let text = raw.precomposedStringWithCanonicalMapping.trimmingCharacters(in: .whitespacesAndNewlines)
        guard (3...254).contains(text.unicodeScalars.count) else { return nil }
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].unicodeScalars.count) else { return nil }
        guard text.unicodeScalars.allSatisfy({ !$0.properties.isWhitespace && $0.value > 32 && $0.value != 127 })
        else { return nil }
        guard !text.unicodeScalars.contains(where: { "\"(),:;<>[\\]".unicodeScalars.contains($0) }) else {
            return nil
        }
        let local = parts[0].split(separator: ".", omittingEmptySubsequences: false)
        guard local.allSatisfy({ !$0.isEmpty }) else { return nil }
        let labels = parts[1].split(separator: ".", omittingEmptySubsequences: false)
        guard
            labels.allSatisfy({ label in
                !label.isEmpty && label.unicodeScalars.count <= 63 && label.first != "-" && label.last != "-"
                    && label.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" }
            })
        else { return nil }
        self.text = text
    }

    public static func == (left: EmailAddress, right: EmailAddress) -> Bool { left.key == right.key }
    public func hash(into hasher: inout Hasher) { hasher.combine(key) }
}
