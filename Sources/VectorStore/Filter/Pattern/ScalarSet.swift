/// The set of Unicode scalars that one place of a pattern takes, such as `[a-z\d]`.
struct ScalarSet: Sendable {
    indirect enum Item: Sendable {
        case range(ClosedRange<UInt32>)
        case digit, word, space
        case categories(Set<Unicode.GeneralCategory>)
        case property(Property)
        /// Of a class within the class; also for the negative of an item.
        case set(ScalarSet)
    }

    enum Property: String, Sendable, CaseIterable {
        case alphabetic, lowercase, uppercase, whitespace, any, ascii
    }

    private let items: [Item]
    private let isNegated: Bool
    private let ignoresCase: Bool
    /// The answers for the scalars below 128.
    private var ascii: (UInt64, UInt64) = (0, 0)

    init(_ items: [Item], isNegated: Bool = false, ignoresCase: Bool = false) {
        self.items = items
        self.isNegated = isNegated
        self.ignoresCase = ignoresCase
        for value in 0..<64 as Range<UInt8> {
            if decides(Unicode.Scalar(value)) { ascii.0 |= 1 << UInt64(value) }
            if decides(Unicode.Scalar(value + 64)) { ascii.1 |= 1 << UInt64(value) }
        }
    }

    func contains(_ scalar: Unicode.Scalar) -> Bool {
        let value = scalar.value
        if value < 128 { return (value < 64 ? ascii.0 : ascii.1) & (1 << UInt64(value & 63)) != 0 }
        return decides(scalar)
    }

    private func decides(_ scalar: Unicode.Scalar) -> Bool {
        var isIn = items.contains { Self.item($0, contains: scalar) }
        if !isIn, ignoresCase {
            isIn = scalar.caseVariants.contains { variant in items.contains { Self.item($0, contains: variant) } }
        }
        return isIn != isNegated
    }

    private static func item(_ item: Item, contains scalar: Unicode.Scalar) -> Bool {
        switch item {
        case .range(let range): range.contains(scalar.value)
        case .digit: scalar.properties.generalCategory == .decimalNumber
        case .word: scalar.isWordCharacter
        case .space: scalar.properties.isWhitespace
        case .categories(let categories): categories.contains(scalar.properties.generalCategory)
        case .property(.alphabetic): scalar.properties.isAlphabetic
        case .property(.lowercase): scalar.properties.isLowercase
        case .property(.uppercase): scalar.properties.isUppercase
        case .property(.whitespace): scalar.properties.isWhitespace
        case .property(.any): true
        case .property(.ascii): scalar.isASCII
        case .set(let set): set.contains(scalar)
        }
    }

    /// The categories by the one or two letters, or the name, that `\p{…}` takes.
    static func categories(named name: String) -> Set<Unicode.GeneralCategory>? {
        switch name {
        case "l", "letter":
            [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter]
        case "lc", "casedletter": [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter]
        case "lu", "uppercaseletter": [.uppercaseLetter]
        case "ll", "lowercaseletter": [.lowercaseLetter]
        case "lt", "titlecaseletter": [.titlecaseLetter]
        case "lm", "modifierletter": [.modifierLetter]
        case "lo", "otherletter": [.otherLetter]
        case "m", "mark": [.nonspacingMark, .spacingMark, .enclosingMark]
        case "mn", "nonspacingmark": [.nonspacingMark]
        case "mc", "spacingmark": [.spacingMark]
        case "me", "enclosingmark": [.enclosingMark]
        case "n", "number": [.decimalNumber, .letterNumber, .otherNumber]
        case "nd", "decimalnumber": [.decimalNumber]
        case "nl", "letternumber": [.letterNumber]
        case "no", "othernumber": [.otherNumber]
        case "p", "punctuation":
            [
                .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
                .finalPunctuation, .otherPunctuation,
            ]
        case "pc", "connectorpunctuation": [.connectorPunctuation]
        case "pd", "dashpunctuation": [.dashPunctuation]
        case "ps", "openpunctuation": [.openPunctuation]
        case "pe", "closepunctuation": [.closePunctuation]
        case "pi", "initialpunctuation": [.initialPunctuation]
        case "pf", "finalpunctuation": [.finalPunctuation]
        case "po", "otherpunctuation": [.otherPunctuation]
        case "s", "symbol": [.mathSymbol, .currencySymbol, .modifierSymbol, .otherSymbol]
        case "sm", "mathsymbol": [.mathSymbol]
        case "sc", "currencysymbol": [.currencySymbol]
        case "sk", "modifiersymbol": [.modifierSymbol]
        case "so", "othersymbol": [.otherSymbol]
        case "z", "separator": [.spaceSeparator, .lineSeparator, .paragraphSeparator]
        case "zs", "spaceseparator": [.spaceSeparator]
        case "zl", "lineseparator": [.lineSeparator]
        case "zp", "paragraphseparator": [.paragraphSeparator]
        case "c", "other": [.control, .format, .surrogate, .privateUse, .unassigned]
        case "cc", "control": [.control]
        case "cf", "format": [.format]
        case "co", "privateuse": [.privateUse]
        case "cn", "unassigned": [.unassigned]
        default: nil
        }
    }

    /// The classes that `[:…:]` names; all of ASCII.
    static func posixClass(named name: String) -> [Item]? {
        func ranges(_ pairs: (Character, Character)...) -> [Item] {
            pairs.compactMap { pair in
                guard let low = pair.0.unicodeScalars.first?.value, let high = pair.1.unicodeScalars.first?.value else {
                    return nil
                }
                return .range(low...high)
            }
        }
        return switch name {
        case "alnum": ranges(("0", "9"), ("A", "Z"), ("a", "z"))
        case "alpha": ranges(("A", "Z"), ("a", "z"))
        case "ascii": [.range(0...127)]
        case "blank": [.range(9...9), .range(32...32)]
        case "cntrl": [.range(0...31), .range(127...127)]
        case "digit": ranges(("0", "9"))
        case "graph": ranges(("!", "~"))
        case "lower": ranges(("a", "z"))
        case "print": ranges((" ", "~"))
        case "punct": ranges(("!", "/"), (":", "@"), ("[", "`"), ("{", "~"))
        case "space": [.range(9...13), .range(32...32)]
        case "upper": ranges(("A", "Z"))
        case "word": ranges(("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z"))
        case "xdigit": ranges(("0", "9"), ("A", "F"), ("a", "f"))
        default: nil
        }
    }
}

extension Unicode.Scalar {
    /// Of a word in the sense of `\w` and `\b`: Unicode's Technical Standard 18, annex C.
    var isWordCharacter: Bool {
        if isASCII {
            return switch value {
            case 48...57, 65...90, 95, 97...122: true
            default: false
            }
        }
        if properties.isAlphabetic || properties.isJoinControl { return true }
        return switch properties.generalCategory {
        case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: true
        default: false
        }
    }

    /// The same letter in other cases, where that is one scalar.
    var caseVariants: [Unicode.Scalar] {
        let upper = properties.uppercaseMapping.onlyScalar ?? self
        return [
            properties.lowercaseMapping.onlyScalar ?? self, upper, upper.properties.lowercaseMapping.onlyScalar ?? self,
        ]
    }
}

extension String {
    fileprivate var onlyScalar: Unicode.Scalar? {
        unicodeScalars.count == 1 ? unicodeScalars.first : nil
    }
}
