import TestSupport
import Testing

@testable import Ingest

@Suite struct SentenceBoundariesTests {
    /// `‖` marks where one sentence ends and the next begins.
    @Test(arguments: [
        "One. ‖Two! ‖Three?", "The fee is AED 1,200.50 a year. ‖It is due.", "Decree No. (26) of 2013 applies.",
        "See Art. 5 of the law. ‖It binds.", "He said no. ‖She agreed.", "Use parking, e.g. Bay 4, daily.",
        "Mr. J. R. Smith of Emaar Ltd. signed. ‖Then he left.", "It is 18 Safar 1435 A.H. ‖The law follows.",
        "Based in the U.A.E. since 1997.", "It costs 5 sq. ft. at most.", "\"Sign here.\" ‖He did.",
        "(See below.) ‖Next.", "ما هي الرسوم؟ ‖الرسوم ٥٪. ‖انتهى", "یہ ہے۔ ‖دوسرا", "価格は高い。‖次です。",
        "1. Offer the unit. ‖Sign.", "a. Rent rises.", "Wait… then go. ‖Stop.", "First line\n‖• second line\n‖• third",
        "Heading\n\n‖Text.", "No stop at all", "The rate is 4.5% p.a. on average.", "Visit www.dubailand.gov.ae today.",
        "Closed in Jan. 2024 and Feb. 2025.", "Really?! ‖Yes.", "…", "It ends with etc. ‖New one.",
    ])
    func table(marked: String) {
        let expected = marked.split(separator: "‖").map { $0.trimmingCharacters() }
        let text = marked.replacing("‖", with: "")
        let indexed = IndexedText(text)
        #expect(SentenceBoundaries.sentences(of: text).map { String(indexed[$0]) } == expected)
    }

    @Test func everyScalarIsInExactlyOneSentence() {
        let words = [
            "Fee", "no.", "(26)", "AED", "1,200.50", "e.g.", ".", "?", "\n", "\n\n", "•", "a.", "؟", "J.", " ",
        ]
        for seed in UInt64(1)...300 {
            var generator = SeededGenerator(seed: seed)
            let text = (0..<Int.random(in: 0...40, using: &generator))
                .map { _ in words.randomElement(using: &generator) ?? "" }
                .joined(separator: seed % 3 == 0 ? "" : " ")
            let scalars = Array(text.unicodeScalars)
            var end = 0
            for span in SentenceBoundaries.sentences(of: text) {
                #expect(span.start >= end && !span.isEmpty && span.end <= scalars.count, "seed \(seed)")
                #expect(scalars[end..<span.start].allSatisfy { $0.properties.isWhitespace }, "seed \(seed)")
                end = span.end
            }
            #expect(scalars[end...].allSatisfy { $0.properties.isWhitespace }, "seed \(seed)")
        }
    }
}

extension Substring {
    fileprivate func trimmingCharacters() -> String { String(self).trimmingWhiteSpace() }
}
