/// Reads the syntax of Rust's `regex` (its documentation, section "Syntax").
struct PatternParser {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var flags = Flags()
    private var depth = 0

    private struct Flags {
        var ignoresCase = false
        var isMultiline = false
        var dotTakesNewline = false
        var isVerbose = false
    }

    private static let deepest = 64
    private static let mostRepetitions = 5000
    /// Operators of repetition one after the other; trees are walked by recursion.
    private static let mostOperators = 8

    init(_ source: String) {
        scalars = Array(source.unicodeScalars)
    }

    mutating func parse() throws(TextPatternError) -> PatternNode {
        let node = try choice()
        if position < scalars.count { throw wrong("a group is closed that was not opened") }
        return node
    }

    private func wrong(_ reason: String) -> TextPatternError { TextPatternError(position: position, reason: reason) }

    private var next: Unicode.Scalar? { position < scalars.count ? scalars[position] : nil }

    private func hasPrefix(_ text: String) -> Bool {
        scalars[position...].starts(with: text.unicodeScalars)
    }

    private mutating func skip(_ text: String) -> Bool {
        guard hasPrefix(text) else { return false }
        position += text.unicodeScalars.count
        return true
    }

    private mutating func take() throws(TextPatternError) -> Unicode.Scalar {
        guard let next else { throw wrong("the pattern ends too soon") }
        position += 1
        return next
    }

    /// Blanks and comments, where the flag x lets them be there.
    private mutating func skipVerbose() {
        guard flags.isVerbose else { return }
        while let next {
            if next == "#" {
                while let inside = self.next, inside != "\n" { position += 1 }
            } else if next.properties.isWhitespace {
                position += 1
            } else {
                return
            }
        }
    }

    // MARK: Structure

    private mutating func choice() throws(TextPatternError) -> PatternNode {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.deepest { throw wrong("groups lie more than \(Self.deepest) deep") }
        var parts = [try sequence()]
        while skip("|") { parts.append(try sequence()) }
        return parts.count == 1 ? parts[0] : .choice(parts)
    }

    private mutating func sequence() throws(TextPatternError) -> PatternNode {
        var parts: [PatternNode] = []
        while true {
            skipVerbose()
            guard let next, next != "|", next != ")" else { return .sequence(parts) }
            guard var part = try atom() else { continue }
            var operators = 0
            while let (least, most) = try repetition() {
                operators += 1
                if operators > Self.mostOperators {
                    throw wrong("more than \(Self.mostOperators) repetitions of one part")
                }
                part = .repetition(part, least: least, most: most)
            }
            parts.append(part)
        }
    }

    /// The operator of repetition at this place, if there is one. Whether it is greedy does not matter here.
    private mutating func repetition() throws(TextPatternError) -> (least: Int, most: Int?)? {
        skipVerbose()
        let found: (Int, Int?)
        switch next {
        case "*": found = (0, nil)
        case "+": found = (1, nil)
        case "?": found = (0, 1)
        case "{":
            position += 1
            found = try counts()
            guard next == "}" else { throw wrong("a repetition's count is not closed") }
        default: return nil
        }
        position += 1
        _ = skip("?")
        return found
    }

    private mutating func counts() throws(TextPatternError) -> (Int, Int?) {
        let least = try count()
        guard skip(",") else { return (least, least) }
        if next == "}" { return (least, nil) }
        let most = try count()
        if most < least { throw wrong("a repetition's counts are the wrong way round") }
        return (least, most)
    }

    private mutating func count() throws(TextPatternError) -> Int {
        var value = 0
        let start = position
        while let next, ("0"..."9").contains(next) {
            value = value * 10 + Int(next.value - 48)
            if value > Self.mostRepetitions { throw wrong("more than \(Self.mostRepetitions) repetitions") }
            position += 1
        }
        if position == start { throw wrong("a repetition needs a count") }
        return value
    }

    /// Nil for what sets flags and takes nothing.
    private mutating func atom() throws(TextPatternError) -> PatternNode? {
        switch try take() {
        case "(": return try group()
        case "[": return .set(try bracketed())
        case ".": return .set(ScalarSet(flags.dotTakesNewline ? [.property(.any)] : [.set(Self.allButNewline)]))
        case "^": return .assertion(flags.isMultiline ? .lineStart : .textStart)
        case "$": return .assertion(flags.isMultiline ? .lineEnd : .textEnd)
        case "\\": return try escape()
        case "*", "+", "?", "{":
            position -= 1
            throw wrong("there is nothing to repeat")
        case let scalar: return literal(scalar)
        }
    }

    private static let allButNewline = ScalarSet([.range(10...10)], isNegated: true)

    private func literal(_ scalar: Unicode.Scalar) -> PatternNode {
        guard flags.ignoresCase else { return .scalar(scalar) }
        return .set(set([.range(scalar.value...scalar.value)]))
    }

    private func set(_ items: [ScalarSet.Item], isNegated: Bool = false) -> ScalarSet {
        guard flags.ignoresCase else { return ScalarSet(items, isNegated: isNegated) }
        // The pattern's letters in all their cases too: not every letter's variants lead back to it.
        let variants = items.flatMap { item -> [ScalarSet.Item] in
            guard case .range(let range) = item, range.count == 1, let scalar = Unicode.Scalar(range.lowerBound) else {
                return []
            }
            return scalar.caseVariants.map { .range($0.value...$0.value) }
        }
        return ScalarSet(items + variants, isNegated: isNegated, ignoresCase: true)
    }

    /// After the parenthesis.
    private mutating func group() throws(TextPatternError) -> PatternNode? {
        let outer = flags
        if skip("?") {
            if hasPrefix("=") || hasPrefix("!") || hasPrefix("<=") || hasPrefix("<!") {
                throw wrong("look-around is not supported")
            }
            if skip("P<") || skip("<") {
                while let next, next == "_" || next.properties.isAlphabetic || next.properties.numericType != nil {
                    position += 1
                }
                guard scalars[position - 1] != "<", skip(">") else { throw wrong("a group's name is wrong") }
            } else if try readFlags() {
                return nil
            }
        }
        let inside = try choice()
        guard skip(")") else { throw wrong("a group is not closed") }
        flags = outer
        return inside
    }

    /// Flags of a group, which follows, or of the rest of the group around: returns whether it is the latter.
    private mutating func readFlags() throws(TextPatternError) -> Bool {
        var value = true
        var isEmpty = true
        while true {
            switch try take() {
            case ":": return false
            case ")":
                if isEmpty {
                    position -= 1
                    throw wrong("there is nothing to repeat")
                }
                return true
            case "-" where value: value = false
            case "i": flags.ignoresCase = value
            case "m": flags.isMultiline = value
            case "s": flags.dotTakesNewline = value
            case "x": flags.isVerbose = value
            case "U": break
            case "u" where value: break
            default:
                position -= 1
                throw wrong("an unknown or unsupported flag")
            }
            isEmpty = false
        }
    }

    // MARK: Escapes

    private mutating func escape() throws(TextPatternError) -> PatternNode {
        switch next {
        case "b": return assertion(.wordBoundary)
        case "B": return assertion(.noWordBoundary)
        case "A": return assertion(.textStart)
        case "z": return assertion(.textEnd)
        default: break
        }
        if let item = try classEscape() { return .set(set([item])) }
        return literal(try scalarEscape())
    }

    private mutating func assertion(_ assertion: PatternAssertion) -> PatternNode {
        position += 1
        return .assertion(assertion)
    }

    /// `\d` and its like, after the backslash; nil if it is the escape of a scalar.
    private mutating func classEscape() throws(TextPatternError) -> ScalarSet.Item? {
        let item: ScalarSet.Item
        let isNegated: Bool
        switch next {
        case "d", "D": (item, isNegated) = (.digit, next == "D")
        case "w", "W": (item, isNegated) = (.word, next == "W")
        case "s", "S": (item, isNegated) = (.space, next == "S")
        case "p", "P":
            isNegated = next == "P"
            position += 1
            return try property(isNegated: isNegated)
        default: return nil
        }
        position += 1
        return isNegated ? .set(ScalarSet([item], isNegated: true)) : item
    }

    private mutating func property(isNegated: Bool) throws(TextPatternError) -> ScalarSet.Item {
        var name = ""
        if skip("{") {
            while let next, next != "}" {
                // Case, blanks, hyphens and underscores do not count in names.
                if !"_- ".unicodeScalars.contains(next) { name += next.properties.lowercaseMapping }
                position += 1
            }
            guard skip("}") else { throw wrong("a property is not closed") }
        } else {
            name = try take().properties.lowercaseMapping
        }
        for prefix in ["generalcategory=", "gc=", "generalcategory:", "gc:"] where name.hasPrefix(prefix) {
            name.removeFirst(prefix.count)
        }
        let item: ScalarSet.Item
        if let categories = ScalarSet.categories(named: name) {
            item = .categories(categories)
        } else if let property = ScalarSet.Property(rawValue: name == "alpha" ? "alphabetic" : name) {
            item = .property(property)
        } else {
            throw wrong("a property of characters that is not supported")
        }
        return isNegated ? .set(ScalarSet([item], isNegated: true)) : item
    }

    private mutating func scalarEscape() throws(TextPatternError) -> Unicode.Scalar {
        let scalar = try take()
        switch scalar {
        case "n": return "\n"
        case "t": return "\t"
        case "r": return "\r"
        case "a": return "\u{7}"
        case "f": return "\u{c}"
        case "v": return "\u{b}"
        case "x": return try hexadecimal(digits: 2)
        case "u": return try hexadecimal(digits: 4)
        case "U": return try hexadecimal(digits: 8)
        default:
            // Letters and digits may get a meaning one day; everything else of ASCII stands for itself.
            guard scalar.isASCII, !scalar.isWordCharacter || scalar == "_", scalar != "<", scalar != ">" else {
                position -= 1
                throw wrong("an escape that is not known")
            }
            return scalar
        }
    }

    private mutating func hexadecimal(digits: Int) throws(TextPatternError) -> Unicode.Scalar {
        var text = ""
        if skip("{") {
            while let next, next != "}" {
                text.unicodeScalars.append(next)
                position += 1
            }
            guard skip("}") else { throw wrong("a number of a character is not closed") }
        } else {
            for _ in 0..<digits { text.unicodeScalars.append(try take()) }
        }
        guard !text.hasPrefix("+"), let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value) else {
            throw wrong("no number of a character")
        }
        return scalar
    }

    // MARK: Classes

    /// After the opening bracket.
    private mutating func bracketed() throws(TextPatternError) -> ScalarSet {
        depth += 1
        defer { depth -= 1 }
        if depth > Self.deepest { throw wrong("classes lie more than \(Self.deepest) deep") }
        let isNegated = skip("^")
        var items: [ScalarSet.Item] = []
        // A bracket or hyphens in the first place are no syntax.
        while next == "-" {
            items.append(.range(45...45))
            position += 1
        }
        if items.isEmpty, next == "]" {
            items.append(.range(93...93))
            position += 1
        }
        while true {
            skipVerbose()
            if skip("]") { return set(items, isNegated: isNegated) }
            if hasPrefix("&&") || hasPrefix("--") || hasPrefix("~~") {
                throw wrong("operations of classes are not supported")
            }
            if hasPrefix("[:"), let named = try posixClass() {
                items.append(named)
            } else if skip("[") {
                items.append(.set(try bracketed()))
            } else {
                items.append(try rangeOrEscape())
            }
        }
    }

    /// `[:alpha:]`; nil, nothing taken, if it is no such name.
    private mutating func posixClass() throws(TextPatternError) -> ScalarSet.Item? {
        let start = position
        position += 2
        let isNegated = skip("^")
        var name = ""
        while let next, ("a"..."z").contains(next) {
            name.unicodeScalars.append(next)
            position += 1
        }
        guard skip(":]"), let items = ScalarSet.posixClass(named: name) else {
            position = start
            return nil
        }
        return .set(set(items, isNegated: isNegated))
    }

    private mutating func rangeOrEscape() throws(TextPatternError) -> ScalarSet.Item {
        let isEscape = skip("\\")
        if isEscape, let item = try classEscape() { return item }
        let low = isEscape ? try scalarEscape() : try take()
        skipVerbose()
        guard next == "-", position + 1 < scalars.count, scalars[position + 1] != "]", scalars[position + 1] != "-"
        else {
            return .range(low.value...low.value)
        }
        position += 1
        skipVerbose()
        let high = skip("\\") ? try scalarEscape() : try take()
        guard low.value <= high.value else { throw wrong("a range is the wrong way round") }
        return .range(low.value...high.value)
    }
}
