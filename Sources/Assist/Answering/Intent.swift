/// What a question is about, as far as its words tell. Deterministic; decides nothing about evidence.
public enum Intent: String, Sendable, Hashable, CaseIterable {
    case propertySearch = "property_search"
    case marketInfo = "market_info"
    case policyQuestion = "policy_question"
    case regulatoryQuestion = "regulatory_question"
    case investmentQuestion = "investment_question"
    case neighborhoodQuestion = "neighborhood_question"
    case developerQuestion = "developer_question"
    case agentSupport = "agent_support"
    case general

    /// The intent with most of its words in the question; ties go to the earlier case, none to `general`.
    public init(question: String) {
        let words = Set(QueryTerms.words(in: question).map(Stem.of))
        var best = Intent.general
        var bestCount = 0
        for (intent, signs) in Self.signs {
            let count = signs.intersection(words).count
            if count > bestCount { (best, bestCount) = (intent, count) }
        }
        self = best
    }

    private static let signs: [(Intent, Set<String>)] = [
        (
            .regulatoryQuestion,
            stems(
                "law article decree rera regulation regulator legal court tribunal permit licence license tenancy eviction escrow registration registrar land department dispute"
            )
        ),
        (
            .policyQuestion,
            stems(
                "policy commission vacation leave allowance expense training dress probation company brokerage procedure code conduct"
            )
        ),
        (
            .propertySearch,
            stems(
                "bedroom bathroom apartment villa townhouse penthouse studio listing listed available sqft unit furnished cheapest price"
            )
        ),
        (
            .marketInfo,
            stems("market trend average price growth transaction volume supply demand inventory month year forecast")
        ),
        (
            .investmentQuestion,
            stems("yield roi return invest investor investment capital appreciation rental visa golden")
        ),
        (
            .neighborhoodQuestion,
            stems("area community neighbourhood neighborhood school metro hospital mall beach amenity nearby family")
        ),
        (.developerQuestion, stems("developer emaar damac nakheel meraas sobha project handover construction master")),
        (
            .agentSupport,
            stems("client agent script objection negotiation viewing follow call lead prospect email template")
        ),
    ]

    private static func stems(_ words: String) -> Set<String> {
        Set(words.split(separator: " ").map { Stem.of(String($0)) })
    }
}
