/// A set of slots of one index at one moment: what a filtered search may return.
///
/// Made by `HNSWIndex.makeBitmap`. A slot is the index's internal number and passes to another key once its own is
/// removed; therefore a bitmap is good until the next key is added or removed (a replaced vector keeps its slot), and
/// `search` refuses an older one, and what comes of combining bitmaps of different moments.
public struct SlotBitmap: Sendable, Equatable {
    /// How many slots are in the set.
    public private(set) var count = 0
    /// The moment of the index: its number of membership changes.
    private(set) var generation: UInt64
    /// Slots 0 ..< slotCount can be in the set.
    private(set) var slotCount: Int
    private(set) var words: [UInt64]

    init(slotCount: Int, generation: UInt64) {
        self.slotCount = slotCount
        self.generation = generation
        words = Array(repeating: 0, count: (slotCount + 63) / 64)
    }

    public var isEmpty: Bool { count == 0 }

    /// The bits themselves, for walks; good while `withWords` runs.
    @safe
    struct Words {
        fileprivate let base: UnsafePointer<UInt64>

        /// `slot` is below the bitmap's slotCount.
        @unsafe @inline(__always)
        func contains(_ slot: UInt32) -> Bool {
            unsafe base[Int(slot >> 6)] & (1 << UInt64(slot & 63)) != 0
        }
    }

    /// Lends the bits to `body`; nil for a bitmap of no slots.
    func withWords<Result>(_ body: (Words?) -> Result) -> Result {
        unsafe words.withUnsafeBufferPointer { words in
            unsafe body(words.baseAddress.map { unsafe Words(base: $0) })
        }
    }

    func contains(_ slot: UInt32) -> Bool {
        let index = Int(slot)
        guard index < slotCount else { return false }
        return words[index / 64] & (1 << UInt64(index % 64)) != 0
    }

    mutating func insert(_ slot: UInt32) {
        let index = Int(slot)
        precondition(index < slotCount, "slot \(slot) outside 0..<\(slotCount)")
        let bit: UInt64 = 1 << UInt64(index % 64)
        if words[index / 64] & bit == 0 {
            words[index / 64] |= bit
            count += 1
        }
    }

    // MARK: The index's own set

    /// Adds a slot that is not in the set, which may be the first one behind its end. A new moment begins.
    mutating func admit(_ slot: UInt32) {
        slotCount = max(slotCount, Int(slot) + 1)
        while words.count * 64 < slotCount { words.append(0) }
        insert(slot)
        generation += 1
    }

    /// Takes a slot out that is in the set. A new moment begins.
    mutating func remove(_ slot: UInt32) {
        precondition(contains(slot), "slot \(slot) is not in the set")
        words[Int(slot) / 64] &= ~(1 << UInt64(slot % 64))
        count -= 1
        generation += 1
    }

    /// Those that are wanted, of the same moment.
    func filtered(_ isWanted: (UInt32) -> Bool) -> SlotBitmap {
        var found = SlotBitmap(slotCount: slotCount, generation: generation)
        forEach { if isWanted($0) { found.insert($0) } }
        return found
    }

    /// Those that are among the slots of `other`, which may have fewer or more words. Of the same moment.
    func intersection(words other: [UInt64]) -> SlotBitmap {
        var found = SlotBitmap(slotCount: slotCount, generation: generation)
        for index in 0..<min(words.count, other.count) {
            found.words[index] = words[index] & other[index]
            found.count += found.words[index].nonzeroBitCount
        }
        return found
    }

    /// Up to `count` slots of the set, from places spread evenly over it.
    func sample(_ count: Int) -> [UInt32] {
        guard !words.isEmpty else { return [] }
        var found: [UInt32] = []
        var index = 0
        for number in 0..<count {
            index = max(index, number * words.count / count)
            while index < words.count, words[index] == 0 { index += 1 }
            guard index < words.count else { break }
            found.append(UInt32(index * 64 + words[index].trailingZeroBitCount))
            index += 1
        }
        return found
    }

    // MARK: Combining

    /// Keeps the slots that are in `other` too. Time: one step for 64 slots.
    public mutating func formIntersection(_ other: SlotBitmap) {
        combine(other) { $0 & $1 }
    }

    /// Adds the slots of `other`. Time: one step for 64 slots.
    public mutating func formUnion(_ other: SlotBitmap) {
        combine(other) { $0 | $1 }
    }

    /// Drops the slots of `other`. Time: one step for 64 slots.
    public mutating func subtract(_ other: SlotBitmap) {
        combine(other) { $0 & ~$1 }
    }

    private mutating func combine(_ other: SlotBitmap, _ operation: (UInt64, UInt64) -> UInt64) {
        guard generation == other.generation, slotCount == other.slotCount else {
            // Made at different moments: nothing that a search would accept comes of it.
            self = SlotBitmap(slotCount: 0, generation: .max)
            return
        }
        count = 0
        for index in words.indices {
            words[index] = operation(words[index], other.words[index])
            count += words[index].nonzeroBitCount
        }
    }

    /// Calls `body` with every slot of the set, in ascending order.
    func forEach(_ body: (UInt32) -> Void) {
        for index in words.indices {
            var word = words[index]
            while word != 0 {
                body(UInt32(index * 64 + word.trailingZeroBitCount))
                word &= word - 1
            }
        }
    }
}
