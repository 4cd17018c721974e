import TestSupport
import Testing

@testable import Ingest

@Suite struct TextSpanTests {
    @Test func untrustedNumbersAreChecked() {
        #expect(TextSpan(untrustedStart: 3, end: 2) == nil)
        #expect(TextSpan(untrustedStart: -1, end: 2) == nil)
        #expect(TextSpan(untrustedStart: 2, end: 2)?.isEmpty == true)
    }

    @Test func overlapAndUnion() {
        let span = TextSpan(2, 5)
        #expect(span.overlaps(TextSpan(4, 9)) && !span.overlaps(TextSpan(5, 9)))
        #expect(span.union(TextSpan(8, 9)) == TextSpan(2, 9))
        #expect(span.contains(TextSpan(3, 5)) && !span.contains(TextSpan(3, 6)))
    }
}

@Suite struct IndexedTextTests {
    @Test func cutsLikeAnArrayOfScalars() {
        for seed in UInt64(1)...20 {
            var generator = SeededGenerator(seed: seed)
            let alphabet: [Unicode.Scalar] = ["a", "é", "د", "漢", "🏠", "\u{301}", "\n"]
            let count = Int.random(in: 0...2_000, using: &generator)
            let scalars = (0..<count).map { _ in
                seed % 4 == 0 ? "a" : alphabet.randomElement(using: &generator) ?? "a"
            }
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars)
            let text = IndexedText(String(view))
            #expect(text.scalarCount == count, "seed \(seed)")
            for _ in 0..<50 {
                let start = Int.random(in: 0...count, using: &generator)
                let end = Int.random(in: start...count, using: &generator)
                #expect(Array(text[TextSpan(start, end)].unicodeScalars) == Array(scalars[start..<end]), "seed \(seed)")
            }
        }
    }
}
