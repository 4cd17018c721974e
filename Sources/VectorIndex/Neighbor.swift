/// One result of a search.
public struct Neighbor: Sendable, Equatable {
    /// The caller's key.
    public let key: UInt64
    /// The distance to the query by the index's metric; smaller is nearer.
    public let distance: Float

    public init(key: UInt64, distance: Float) {
        self.key = key
        self.distance = distance
    }
}

/// A slot with its distance, ordered by distance and then by slot.
///
/// Both sit in one integer, so that comparing is one instruction and equal distances have a fixed order.
struct Candidate: Comparable, BitwiseCopyable {
    /// The distance's bits, made to order as integers do, above the slot.
    let rank: UInt64

    @inline(__always)
    init(rank: UInt64) { self.rank = rank }

    @inline(__always)
    init(distance: Float, slot: UInt32) {
        // Adding 0 makes −0 into 0. Negative floats order backwards as integers: flip them all; else set the top bit.
        let bits = (distance + 0).bitPattern
        let ordered = bits >> 31 == 1 ? ~bits : bits | 0x8000_0000
        rank = UInt64(ordered) << 32 | UInt64(slot)
    }

    @inline(__always)
    var slot: UInt32 { UInt32(truncatingIfNeeded: rank) }

    var distance: Float {
        let ordered = UInt32(truncatingIfNeeded: rank >> 32)
        return Float(bitPattern: ordered >> 31 == 1 ? ordered & 0x7FFF_FFFF : ~ordered)
    }

    @inline(__always)
    static func < (a: Candidate, b: Candidate) -> Bool { a.rank < b.rank }
}
