import TestSupport
import Testing

@testable import VectorStore

@Suite struct TextPatternTests {
    @Test(arguments: [
        ("", "", true), ("", "abc", true), ("b", "abc", true), ("d", "abc", false), ("^b", "abc", false),
        ("^a.c$", "abc", true), ("a.c", "a\nc", false), ("(?s)a.c", "a\nc", true), ("^c", "b\nc", false),
        ("(?m)^c$", "b\nc\nd", true), ("c$", "c\n", false), ("\\Aa", "ba", false), ("a\\z", "ab", false),
        ("colou?r", "color", true), ("ab*c", "ac", true), ("ab+c", "ac", false), ("ab{2}c", "abbc", true),
        ("^a{2,3}$", "aaaa", false), ("^a{2,}?$", "aaaa", true), ("^(ab|cd)+$", "abcdab", true),
        ("^(?:a|b|)c$", "c", true), ("(?P<word>a)(?<other>b)", "ab", true), ("[a-c]x", "bx", true),
        ("[^a-c]x", "bx", false), ("[]a]", "]", true), ("[a-]", "-", true), ("[--a]x", "-x", true),
        ("[\\]\\-]", "-", true), ("[[:upper:]]{3}", "abCDE", true), ("[[:^digit:]]", "12", false),
        ("[a[bc]]d", "cd", true), ("\\d{4}", "in 2026", true), ("^\\w+$", "Größe_1", true), ("\\s", "a\u{a0}b", true),
        ("\\D", "123", false), ("[\\D1]", "21", true), ("\\bpool\\b", "a pool.", true),
        ("\\bpool\\b", "whirlpool", false),
        ("\\Bpool", "whirlpool", true), ("(?i)PORTO", "porto", true), ("(?i)straSSe", "STRASSE", true),
        ("(?i)k", "\u{212a}", true), ("(?i)[^k]", "K", false), ("a(?i)b", "aB", true), ("a(?i)b", "AB", false),
        ("(?i:a)b", "Ab", true), ("(?i:a)b", "AB", false), ("(?i)a(?-i)b", "AB", false),
        ("(?x) a b # c\n d", "abd", true),
        ("\\p{Lu}\\p{Ll}", "aBc", true), ("\\pN", "x1", true), ("\\P{L}", "abc", false),
        ("\\p{Uppercase_Letter}", "É", true), ("\\x41\\x{1F600}\\u0042", "A\u{1F600}B", true),
        ("\\.\\*\\_", ".*_", true),
        ("é", "e\u{301}", false), (".", "\u{1F468}\u{200D}\u{1F469}", true),
        ("^.{3}$", "\u{1F468}\u{200D}\u{1F469}", true),
        ("a|b|c", "xc", true), ("|a", "", true), ("(a*)*b", "aab", true), ("(a*)+$", "b", true), ("x{0}y", "y", true),
        ("€ ?\\d+", "costs €300", true), ("a}", "a}", true), ("]", "]", true), ("()", "", true),
    ])
    func matching(source: String, text: String, isMatch: Bool) throws {
        #expect(try TextPattern(source).matchesPart(of: text) == isMatch, "\(source) in \(text)")
    }

    @Test(arguments: [
        "(", ")", "(a", "a)", "[", "[a", "[]", "a{", "a{2", "a{,3}", "a{3,2}", "*", "+a", "|*", "(?)", "(?=a)", "(?!a)",
        "(?<=a)b", "(?<!a)b", "(?P<>a)", "(?<n", "(?z)a", "(?-u)a", "\\", "\\1", "\\Q", "\\x4", "\\x{110000}",
        "\\u{d800}",
        "\\p{Klingon}", "\\p{^L}", "\\p{L", "[b-a]", "[a&&b]", "[a--b]", "a{5001}", "(a{1000}){1000}",
        "((a{100}){100}){100}",
        "a*********b", "(){5000}(){5000}", "\\é",
    ])
    func whatIsNoPatternIsRefused(source: String) {
        let error = #expect(throws: TextPatternError.self) { try TextPattern(source) }
        #expect(error?.reason.isEmpty == false)
        #expect((0...source.unicodeScalars.count).contains(error?.position ?? -1))
    }

    @Test func deepGroupsAreRefused() {
        func nested(_ depth: Int) -> String {
            String(repeating: "(", count: depth) + "a" + String(repeating: ")", count: depth)
        }
        #expect(throws: Never.self) { try TextPattern(nested(63)) }
        #expect(throws: TextPatternError.self) { try TextPattern(nested(64)) }
        #expect(throws: TextPatternError.self) { try TextPattern(nested(100_000)) }
        #expect(throws: TextPatternError.self) { try TextPattern(String(repeating: "[", count: 100_000)) }
    }

    /// A backtracking engine needs 2ⁿ steps for these.
    @Test func noPatternTakesLong() throws {
        let text = String(repeating: "a", count: 2000)
        #expect(try !TextPattern("^(a+)+$").matchesPart(of: text + "b"))
        #expect(try !TextPattern("^(a|a)*$").matchesPart(of: text + "b"))
        #expect(try TextPattern("(a?){50}a{50}").matchesPart(of: text))
    }

    /// Random patterns against their definition: the places where each part of the tree can end.
    @Test func searchesFindWhatThePatternMeans() throws {
        let seed: UInt64 = 21
        var random = SeededGenerator(seed: seed)
        let pieces = [
            "a", "b", "é", ".", "[ab]", "[^a]", "\\w", "\\b", "\\B", "^", "$", "(?i)A", "(?m)", "\n", "(", ")", "(?:",
            "|",
            "*", "+", "?", "{2}", "{0,2}", "{1,}",
        ]
        var checked = 0
        for _ in 0..<6000 {
            let source = (0..<Int.random(in: 1...8, using: &random))
                .map { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)] }.joined()
            guard let pattern = try? TextPattern(source) else { continue }
            var parser = PatternParser(source)
            let node = try parser.parse()
            for _ in 0..<4 {
                let scalars = (0..<Int.random(in: 0..<6, using: &random))
                    .map { _ in Array("abAé \n".unicodeScalars)[Int.random(in: 0..<6, using: &random)] }
                var text = String.UnicodeScalarView()
                text.append(contentsOf: scalars)
                let expected = (0...scalars.count).contains { !ends(of: node, in: scalars, from: [$0]).isEmpty }
                #expect(
                    pattern.matchesPart(of: String(text)) == expected,
                    "seed \(seed): \(source) in \(String(text).debugDescription)")
                checked += 1
            }
        }
        #expect(checked > 4000, "seed \(seed): \(checked)")
    }

    private func ends(of node: PatternNode, in text: [Unicode.Scalar], from starts: Set<Int>) -> Set<Int> {
        switch node {
        case .set(let set): Set(starts.filter { $0 < text.count && set.contains(text[$0]) }.map { $0 + 1 })
        case .scalar(let scalar): Set(starts.filter { $0 < text.count && text[$0] == scalar }.map { $0 + 1 })
        case .assertion(let assertion):
            starts.filter { place in
                assertion.holds(
                    after: place > 0 ? text[place - 1] : nil, before: place < text.count ? text[place] : nil)
            }
        case .sequence(let parts): parts.reduce(starts) { ends(of: $1, in: text, from: $0) }
        case .choice(let parts): parts.reduce([]) { $0.union(ends(of: $1, in: text, from: starts)) }
        case .repetition(let part, let least, let most): repeated(part, least, most, in: text, from: starts)
        }
    }

    private func repeated(
        _ part: PatternNode, _ least: Int, _ most: Int?, in text: [Unicode.Scalar], from starts: Set<Int>
    ) -> Set<Int> {
        var places = starts
        for _ in 0..<least { places = ends(of: part, in: text, from: places) }
        var all = places
        // More rounds than places cannot find new ones.
        for _ in 0..<min((most ?? .max) - least, text.count + 1) {
            places = ends(of: part, in: text, from: places)
            all.formUnion(places)
        }
        return all
    }
}
