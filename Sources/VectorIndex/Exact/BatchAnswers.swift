/// The ranks found for many queries, a list each; lists of different queries may be set on different threads at once.
@safe
final class BatchAnswers: Sendable {
    private let limit: Int
    private let ranks: AlignedBuffer<UInt64>
    private let counts: AlignedBuffer<UInt32>
    let count: Int

    init(count: Int, limit: Int) {
        self.count = count
        self.limit = limit
        ranks = AlignedBuffer(capacity: count * limit)
        counts = AlignedBuffer(capacity: count)
    }

    func set(_ query: Int, to found: [UInt64]) {
        precondition(found.count <= limit, "\(found.count) results over \(limit)")
        for (place, rank) in found.enumerated() { ranks[query * limit + place] = rank }
        counts[query] = UInt32(found.count)
    }

    var lists: [[Candidate]] {
        (0..<count).map { query in
            (0..<Int(counts[query])).map { Candidate(rank: ranks[query * limit + $0]) }
        }
    }
}
