import Testing
import VectorStore

@testable import Assist

@Suite struct GroundingTests {
    private let text = "Marina Gate charges AED 16.80 per square foot. The seller pays until transfer."

    private func passage() -> RetrievedPassage {
        RetrievedPassage(
            recordID: 1, key: "k", documentID: "d", documentTitle: "Guide", filename: "guide.pdf", documentVersion: 1,
            text: text, place: PassagePlace(characterStart: 100, characterEnd: 100 + text.unicodeScalars.count),
            score: 0.8, vectorScore: 0.7, keywordScore: 0.9)
    }

    private func sentence(_ text: String, quote: String, at start: Int, marker: Int = 1) -> DraftSentence {
        DraftSentence(
            text: text,
            citations: [
                Citation(
                    marker: marker, quote: quote, characterStart: start,
                    characterEnd: start + quote.unicodeScalars.count)
            ])
    }

    private func supported(_ sentence: DraftSentence) -> Bool {
        !Grounding.verify(Draft(sentences: [sentence]), against: [passage()]).sentences.isEmpty
    }

    @Test func aVerbatimQuoteAtItsPlaceSupports() {
        #expect(
            supported(sentence("It is AED 16.80.", quote: "Marina Gate charges AED 16.80 per square foot.", at: 100)))
    }

    @Test func aChangedQuoteDoesNot() {
        #expect(!supported(sentence("It is 16.80.", quote: "Marina Gate charges AED 16.90 per square foot.", at: 100)))
    }

    @Test func aQuoteAtAnotherPlaceDoesNot() {
        let quote = "The seller pays until transfer."
        #expect(!supported(sentence("The seller pays.", quote: quote, at: 100)))
        #expect(supported(sentence("The seller pays.", quote: quote, at: 147)))
        #expect(!supported(sentence("x", quote: quote, at: 0)))
        #expect(!supported(sentence("x", quote: quote, at: 170)))
        #expect(!supported(sentence("x", quote: "", at: 100)))
    }

    @Test func aNumberThatIsNotQuotedIsNotSupported() {
        #expect(!supported(sentence("It is AED 18.", quote: "Marina Gate charges AED 16.80 per square foot.", at: 100)))
    }

    @Test func markersOutsideTheListAreRefused() {
        for marker in [0, 2, -1, Int.min] where marker != Int.min {
            #expect(!supported(sentence("x", quote: "Marina Gate", at: 100, marker: marker)))
        }
        #expect(!supported(DraftSentence(text: "Nothing cited.", citations: [])))
    }

    @Test func coverageIsTheShareOfSupportedSentences() {
        let good = sentence("ok", quote: "Marina Gate", at: 100)
        let bad = sentence("no", quote: "Marina Gates", at: 100)
        let result = Grounding.verify(Draft(sentences: [good, bad, good]), against: [passage()])
        #expect(result.sentences == [good, good])
        #expect(abs(result.coverage - 2.0 / 3) < 1e-12)
        #expect(Grounding.verify(Draft(sentences: []), against: []).coverage == 1)
    }

    @Test func numbersCompareWithoutThousandsSeparators() {
        #expect(Grounding.numbers(in: "AED 1,200,000 or 16.80 in Q3") == ["1200000", "16.80", "q3"])
    }

    @Test func confidenceFollowsTheContract() {
        #expect(
            abs(Confidence.of(citedScores: [0.4, 0.8], coverage: 1, distinctRecords: 2) - (0.4 + 0.3 + 0.4 / 3)) < 1e-12
        )
        #expect(Confidence.of(citedScores: [1], coverage: 1, distinctRecords: 9) == 1)
    }

    @Test func fusionStaysBetweenZeroAndOne() {
        let fusion = RankFusion.standard
        #expect(fusion.score(vector: 1, keyword: 1) == 1)
        #expect(fusion.score(vector: -1, keyword: 0) == 0)
        #expect(fusion.score(vector: 0.5, keyword: 0) < fusion.score(vector: 0.5, keyword: 0.1))
    }

    @Test func placesSurviveStorage() {
        var place = PassagePlace(characterStart: 3, characterEnd: 90)
        place.page = 2
        place.section = "2.1 Fees"
        place.rowStart = 4
        place.rowEnd = 4
        place.box = [1, 2.5, 3, 4]
        place.tokenCount = 17
        #expect(PassagePlace(metadata: place.metadata) == place)
        #expect(PassagePlace(metadata: [:]) == nil)
        #expect(PassagePlace(metadata: ["char_start": .string("3"), "char_end": .integer(9)]) == nil)
    }
}
