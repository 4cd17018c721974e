/// One number by slot, for columns that nearly all records have as well as for those of a few.
struct SlotColumn: Sendable {
    /// The number that means none.
    static let none = UInt32.max

    private var dense: [UInt32] = []
    private var sparse: [UInt32: UInt32] = [:]
    private(set) var count = 0

    /// Bytes of a dictionary's entry beside those of an array's, about.
    private static let sparseCost = 5

    subscript(slot: UInt32) -> UInt32 {
        if !dense.isEmpty { return slot < dense.count ? dense[Int(slot)] : Self.none }
        return sparse.isEmpty ? Self.none : sparse[slot] ?? Self.none
    }

    /// Puts a number in the place of none.
    mutating func insert(_ value: UInt32, at slot: UInt32) {
        assert(self[slot] == Self.none && value != Self.none)
        count += 1
        if dense.isEmpty {
            guard Int(slot) / Self.sparseCost < count else {
                sparse[slot] = value
                return
            }
            makeDense(upTo: slot)
        } else if Int(slot) >= dense.count {
            guard Int(slot) / Self.sparseCost / 2 < count else {
                makeSparse()
                sparse[slot] = value
                return
            }
            dense.append(contentsOf: repeatElement(Self.none, count: Int(slot) + 1 - dense.count))
        }
        dense[Int(slot)] = value
    }

    /// Returns the number that was there.
    mutating func remove(_ slot: UInt32) -> UInt32 {
        let value = self[slot]
        if value == Self.none { return value }
        count -= 1
        if dense.isEmpty { sparse[slot] = nil } else { dense[Int(slot)] = Self.none }
        if count == 0 { self = SlotColumn() }
        return value
    }

    private mutating func makeDense(upTo slot: UInt32) {
        let last = max(slot, sparse.keys.max() ?? 0)
        dense = Array(repeating: Self.none, count: Int(last) + 1)
        for (slot, value) in sparse { dense[Int(slot)] = value }
        sparse = [:]
    }

    private mutating func makeSparse() {
        for (slot, value) in dense.enumerated() where value != Self.none { sparse[UInt32(slot)] = value }
        dense = []
    }

    /// Replaces every number by what `change` makes of it.
    mutating func update(_ change: (UInt32) -> UInt32) {
        for slot in dense.indices where dense[slot] != Self.none { dense[slot] = change(dense[slot]) }
        if !sparse.isEmpty { sparse = sparse.mapValues(change) }
    }

    mutating func trim() {
        if dense.capacity > dense.count { dense = dense.trimmed() }
    }

    /// Bytes on the heap, about.
    var footprint: Int { dense.footprint + sparse.capacity * 12 }
}
