/// Order statistics of samples.
enum Statistics {
    /// The middle sample; the mean of the two middle ones if their number is even; nil without samples.
    static func median(_ samples: [Double]) -> Double? {
        guard !samples.isEmpty else { return nil }
        let sorted = samples.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
    }

    /// The smallest sample that at least `share` of all samples do not exceed (nearest rank); nil without samples.
    static func percentile(_ samples: [Double], _ share: Double) -> Double? {
        precondition(share > 0 && share <= 1, "share \(share)")
        guard !samples.isEmpty else { return nil }
        let rank = Int((share * Double(samples.count)).rounded(.up))
        return samples.sorted()[max(1, min(rank, samples.count)) - 1]
    }

    /// `count` for each second; 0 if no time is known or measurable.
    static func rate(_ count: Double, _ seconds: Double?) -> Double {
        guard let seconds, seconds > 0 else { return 0 }
        return count / seconds
    }
}
