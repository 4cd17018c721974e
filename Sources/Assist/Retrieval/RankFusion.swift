/// Two rankings made one, by a weighted sum of scores that both lie in 0…1.
///
/// Unlike reciprocal ranks the sum keeps how good a hit is, so that the same number can decide whether there is
/// evidence at all.
struct RankFusion: Sendable {
    var vectorWeight: Double
    var keywordWeight: Double

    /// Weights of the contract's default; they sum to 1.
    static let standard = RankFusion(vectorWeight: 0.6, keywordWeight: 0.4)

    func score(vector: Double, keyword: Double) -> Double {
        min(1, max(0, vectorWeight * max(0, vector) + keywordWeight * keyword))
    }
}
