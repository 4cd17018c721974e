/// Two rankings made one, by a weighted sum of scores that both lie in 0…1.
///
/// Unlike reciprocal ranks the sum keeps how good a hit is, so that the same number can decide whether there is
/// evidence at all.
struct RankFusion: Sendable {
    var vectorWeight: Double
    var keywordWeight: Double

    /// They sum to 1. Chosen by measurement (Benchmarks/RESULTS.md).
    static let standard = RankFusion(vectorWeight: 0.7, keywordWeight: 0.3)

    func score(vector: Double, keyword: Double) -> Double {
        min(1, max(0, vectorWeight * max(0, vector) + keywordWeight * keyword))
    }
}
