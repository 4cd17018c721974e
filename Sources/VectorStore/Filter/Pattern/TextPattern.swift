/// A regular expression in the syntax of Rust's `regex`, which is what ChromaDB's `$regex` takes.
///
/// The text is searched scalar by scalar for a part that matches; `^` and `$` are its ends unless `(?m)` is set.
/// Supported: literals and escapes, `.`, classes with ranges, classes in classes and `[:alpha:]`, `\d \w \s \b` and their
/// negatives by Unicode's rules, `\p{…}` of general categories and of a few properties, `\A \z`, groups, alternation,
/// repetition, and the flags `i m s x U u`. Refused: look-around and back references, which `regex` refuses as well;
/// `(?-u)`, `(?R)`, scripts in `\p{…}`, and the set operations `&&`, `--`, `~~`.
///
/// Time of a search: at most the length of the text times the length of the pattern with its repetitions written out,
/// whatever the pattern; therefore it can come from outside.
public struct TextPattern: Sendable {
    public let source: String
    private let program: PatternProgram
    /// What every text must contain of which a part matches.
    let requirement: TextRequirement

    /// Instructions of a pattern with all its repetitions written out.
    static let mostInstructions = 5000

    public init(_ source: String) throws(TextPatternError) {
        self.source = source
        var parser = PatternParser(source)
        let node = try parser.parse()
        guard let program = PatternProgram(node, limit: Self.mostInstructions) else {
            throw TextPatternError(position: 0, reason: "the pattern is too large with its repetitions written out")
        }
        self.program = program
        requirement = node.requirement
    }

    /// Whether some part of the text matches.
    public func matchesPart(of text: String) -> Bool { program.matchesPart(of: text) }
}

extension TextPattern: Hashable {
    public static func == (left: TextPattern, right: TextPattern) -> Bool {
        left.source.utf8.elementsEqual(right.source.utf8)
    }

    public func hash(into hasher: inout Hasher) { for byte in source.utf8 { hasher.combine(byte) } }
}

/// Why a text is no pattern.
public struct TextPatternError: Error, Hashable, CustomStringConvertible {
    /// In Unicode scalars from the start.
    public let position: Int
    public let reason: String

    public var description: String { "The pattern is wrong at character \(position): \(reason)." }
}
