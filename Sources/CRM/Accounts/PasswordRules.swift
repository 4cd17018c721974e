import Foundation

/// Why a new password is refused.
public enum PasswordFault: String, Sendable, Hashable, CaseIterable {
    case tooShort = "too_short"
    case tooLong = "too_long"
    case common
    case containsName = "contains_name"
    case containsAddress = "contains_address"
    case containsProduct = "contains_product"
    case unchanged

    public var message: String {
        switch self {
        case .tooShort: "must have at least \(PasswordRules.length.lowerBound) characters"
        case .tooLong: "must have at most \(PasswordRules.length.upperBound) characters"
        case .common: "is one of the passwords that are tried first"
        case .containsName: "must not be built on your name"
        case .containsAddress: "must not be built on your e-mail address"
        case .containsProduct: "must not be built on the product's name"
        case .unchanged: "must differ from the current password"
        }
    }
}

/// The rules for new passwords: length and a blocklist, no composition rules (NIST SP 800-63B, 3.1.1.2).
public enum PasswordRules {
    /// Allowed length in Unicode scalars.
    public static let length = 12...128
    private static let productNames = ["propertypro"]
    /// Shorter names occur inside ordinary words.
    private static let shortestNameCharacters = 4
    /// What a password must hold besides a name that it contains.
    private static let freshCharacters = 8

    /// All faults of `password` for `user`; empty when it may be used.
    public static func faults(of password: String, user: User, current: String? = nil) -> [PasswordFault] {
        let password = password.precomposedStringWithCanonicalMapping
        var faults: [PasswordFault] = []
        let count = password.unicodeScalars.count
        if count < length.lowerBound { faults.append(.tooShort) }
        if count > length.upperBound { faults.append(.tooLong) }
        let folded = fold(password)
        if isCommon(password) { faults.append(.common) }
        if builtOn([user.firstName, user.lastName], folded) { faults.append(.containsName) }
        let address = user.email.text.split(separator: "@").map(String.init)
        if builtOn([user.email.text, address.first ?? ""], folded) { faults.append(.containsAddress) }
        if builtOn(productNames, folded) { faults.append(.containsProduct) }
        if let current, current.precomposedStringWithCanonicalMapping == password { faults.append(.unchanged) }
        return faults
    }

    /// A password is built on a word when little else is left once the word is taken out.
    private static func builtOn(_ words: [String], _ folded: String) -> Bool {
        words.contains { word in
            let word = fold(word)
            guard word.count >= shortestNameCharacters, folded.contains(word) else { return false }
            return folded.replacing(word, with: "").count < freshCharacters
        }
    }

    /// Common means: on the list (digits and signs around it do not help), a repetition of a short piece, or a run along
    /// the alphabet or the keyboard.
    private static func isCommon(_ password: String) -> Bool {
        let plain = plain(password)
        let core = password.trimmingCharacters(in: .letters.inverted)
        let stem = self.plain(core)
        if [plain, stem].contains(where: CommonPasswords.plain.contains) { return true }
        if [password, core].map(fold).contains(where: CommonPasswords.folded.contains) { return true }
        if Set(plain).count <= 3 || repeats(plain) { return true }
        return [plain, stem].contains { text in
            text.count >= 6 && CommonPasswords.runs.contains { $0.contains(text) }
        }
    }

    /// Whether the text is one piece of at most six characters over and over, the last one perhaps cut.
    private static func repeats(_ text: String) -> Bool {
        let characters = Array(text)
        return (1...6).contains { period in
            guard characters.count >= period * 2 else { return false }
            return characters.indices.dropFirst(period).allSatisfy { characters[$0] == characters[$0 - period] }
        }
    }

    /// Lower case, nothing but letters and digits.
    static func plain(_ text: String) -> String {
        String(text.lowercased().filter { $0.isLetter || $0.isNumber })
    }

    /// The same with common letter substitutions undone.
    static func fold(_ text: String) -> String {
        let substitutions: [Character: Character] = [
            "0": "o", "1": "i", "3": "e", "4": "a", "5": "s", "7": "t", "@": "a", "$": "s", "!": "i",
        ]
        return plain(String(text.map { substitutions[$0] ?? $0 }))
    }
}
