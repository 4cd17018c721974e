import Foundation
import VectorIndex

/// The widths at which a curve is measured, and what lies between two of them.
enum EfSearchLadder {
    static let rungs = [
        10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 400, 512, 640, 800,
        1_024, 1_280, 1_600, 2_048, 2_560, 3_200, 4_096,
    ]
    /// No rung above this recall is climbed.
    static let lastRecall = 0.997
    /// Nor when the last so many rungs have gained less than `saturatedGain`.
    static let saturatedRungs = 6
    static let saturatedGain = 0.0005

    /// Whether climbing on is of no use, by the recalls of the rungs so far.
    static func isFinished(_ recalls: [Double]) -> Bool {
        guard let last = recalls.last else { return false }
        if last >= lastRecall { return true }
        guard recalls.count > saturatedRungs else { return false }
        return last - recalls[recalls.count - 1 - saturatedRungs] < saturatedGain
    }

    /// A point between two neighbouring rungs: `share` of the way from `low` to `high`, 0 excluded and 1 included.
    struct Place: Equatable {
        let low: Int
        let high: Int
        let share: Double

        /// Between the figures of the two rungs: their logarithm is taken as linear in recall.
        func value(_ low: Double, _ high: Double) -> Double {
            if share == 1 || low <= 0 || high <= 0 { return high }
            return exp((1 - share) * log(low) + share * log(high))
        }

        /// Rounded up; what rounding errors add to a whole number does not count.
        func efSearch(_ low: Int, _ high: Int) -> Int {
            Int((value(Double(low), Double(high)) - 1e-6).rounded(.up))
        }
    }

    /// Where `target` lies among the recalls of the rungs, lowest rung first: at the first rung that reaches it or
    /// before that; nil if none does. The place is rung 0 itself if that one reaches it already.
    static func place(of target: Double, in recalls: [Double]) -> Place? {
        guard let high = recalls.firstIndex(where: { $0 >= target }) else { return nil }
        guard high > 0 else { return Place(low: 0, high: 0, share: 1) }
        let low = recalls[high - 1]
        return Place(low: high - 1, high: high, share: (target - low) / (recalls[high] - low))
    }

    /// Finds the efSearch that gives `target` by climbing until it is reached; the last rung if it never is.
    static func efSearch(
        for target: Double, index: HNSWIndex, queries: VectorMatrix, truth: Truth, threads: Int
    ) throws(VectorIndexError) -> Int {
        var recalls: [Double] = []
        for rung in rungs {
            let found = try index.searchBatch(
                queries.values.span, k: BenchmarkData.k, efSearch: rung, threads: threads)
            recalls.append(truth.recall(of: found, k: BenchmarkData.k))
            if let place = place(of: target, in: recalls) { return place.efSearch(rungs[place.low], rungs[place.high]) }
            if isFinished(recalls) || rung >= index.count { return rung }
        }
        return rungs[rungs.count - 1]
    }
}
