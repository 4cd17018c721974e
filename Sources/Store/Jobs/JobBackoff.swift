/// How long a failed job waits before the next try: it doubles, blurred so that jobs do not return in step.
public struct JobBackoff: Sendable, Hashable {
    public let baseMilliseconds: Int64
    public let limitMilliseconds: Int64
    /// Share by which a delay is lengthened or shortened at random.
    public let jitter: Double

    /// Defaults are the contract's: 5 s × 2^n, ± 20 %, at most 5 min.
    public init(baseMilliseconds: Int64 = 5_000, limitMilliseconds: Int64 = 300_000, jitter: Double = 0.2) {
        precondition(
            baseMilliseconds > 0 && baseMilliseconds <= limitMilliseconds && limitMilliseconds <= 86_400_000,
            "a backoff needs 0 < base ≤ limit ≤ 1 day, not \(baseMilliseconds) and \(limitMilliseconds) ms")
        precondition((0..<1).contains(jitter), "jitter is a share below 1, not \(jitter)")
        self.baseMilliseconds = baseMilliseconds
        self.limitMilliseconds = limitMilliseconds
        self.jitter = jitter
    }

    /// Milliseconds after the failure of try number `attempt`, counted from 1.
    public func delayMilliseconds(
        afterAttempt attempt: Int, using generator: inout some RandomNumberGenerator
    ) -> Int64 {
        // 2^27 ms exceed the largest limit, and base × 2^27 fits into 64 bits.
        let doublings = min(max(attempt - 1, 0), 27)
        let plain = min(baseMilliseconds << Int64(doublings), limitMilliseconds)
        let factor = Double.random(in: (1 - jitter)...(1 + jitter), using: &generator)
        return min(Int64((Double(plain) * factor).rounded()), limitMilliseconds)
    }
}
