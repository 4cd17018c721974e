/// The `limit` nearest of many candidates, sorted; for small limits.
struct NearestList {
    private var ranks: [UInt64]
    private(set) var count = 0
    private let limit: Int

    init(limit: Int) {
        precondition(limit > 0, "a list of no candidates")
        self.limit = limit
        ranks = Array(repeating: .max, count: limit)
    }

    mutating func reset() { count = 0 }

    @inline(__always)
    mutating func offer(_ distance: Float, _ slot: UInt32) {
        offer(Candidate(distance: distance, slot: slot).rank)
    }

    @inline(__always)
    mutating func offer(_ rank: UInt64) {
        if count == limit, rank >= ranks[limit - 1] { return }
        insert(rank)
    }

    private mutating func insert(_ rank: UInt64) {
        var hole = count < limit ? count : limit - 1
        while hole > 0, ranks[hole - 1] > rank {
            ranks[hole] = ranks[hole - 1]
            hole -= 1
        }
        ranks[hole] = rank
        if count < limit { count += 1 }
    }

    func rank(_ place: Int) -> UInt64 { place < count ? ranks[place] : .max }

    func slot(_ place: Int) -> UInt32 { UInt32(truncatingIfNeeded: rank(place)) }
}
