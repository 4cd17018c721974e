import Testing

@testable import Assist

@Suite struct QueryTermsTests {
    @Test func wordsKeepNumbersWholeAndDropPunctuation() {
        #expect(
            QueryTerms.words(in: "Is AED 1,200.50 due, or 16.8%?") == ["is", "aed", "1,200.50", "due", "or", "16.8"])
        #expect(QueryTerms.words(in: "Law No. (26)/2007.") == ["law", "no", "26", "2007"])
        #expect(QueryTerms.words(in: "ما هي رسوم الخدمة؟") == ["ما", "هي", "رسوم", "الخدمة"])
        #expect(QueryTerms.words(in: "") == [])
        #expect(QueryTerms.words(in: "?!…") == [])
    }

    @Test func questionWordsAreDroppedUnlessNothingElseIsLeft() {
        #expect(
            QueryTerms.terms(of: "What is the service charge, and what does it cover?") == [
                "service", "charge", "cover",
            ])
        #expect(QueryTerms.terms(of: "Who is it?") == ["who", "is", "it"])
    }

    @Test func aPastedPageIsCut() {
        let page = (0..<500).map { "word\($0)" }.joined(separator: " ")
        #expect(QueryTerms.terms(of: page).count == QueryTerms.maximumTerms)
    }

    @Test(arguments: [
        ("charges", "charge"), ("policies", "policy"), ("renting", "rented"), ("agencies", "agency"),
        ("buses", "buses"), ("listing", "listed"), ("fee", "fees"), ("leases", "lease"),
    ])
    func formsOfAWordShareAStem(_ pair: (String, String)) {
        #expect(Stem.of(pair.0) == Stem.of(pair.1))
    }

    @Test func differentWordsKeepDifferentStems() {
        let words = ["rent", "return", "sale", "salary", "agent", "agency", "villa", "village", "property", "proper"]
        #expect(Set(words.map(Stem.of)).count == words.count)
    }

    @Test(arguments: [
        ("Which article of the RERA law covers eviction?", Intent.regulatoryQuestion),
        ("Cheapest 2 bedroom apartment with a balcony", Intent.propertySearch),
        ("What rental yield can an investor expect?", Intent.investmentQuestion),
        ("How many vacation days does company policy allow?", Intent.policyQuestion),
        ("Hello", Intent.general),
    ])
    func intentFollowsTheWords(_ pair: (String, Intent)) {
        #expect(Intent(question: pair.0) == pair.1)
    }
}
