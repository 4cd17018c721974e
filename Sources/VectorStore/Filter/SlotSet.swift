/// A set of slots below a capacity, one bit each.
///
/// Time of the operations on whole sets: one step for 64 slots. ``words`` can be handed on as they are.
public struct SlotSet: Sendable, Hashable {
    /// Slots 0 ..< capacity can be in the set.
    public private(set) var capacity: Int
    /// The bits: slot s is bit s % 64 of word s / 64. There are ⌈capacity / 64⌉ words; bits from the capacity on are 0.
    public private(set) var words: [UInt64]

    /// The empty set.
    public init(capacity: Int) {
        precondition(capacity >= 0, "capacity \(capacity)")
        self.capacity = capacity
        words = Array(repeating: 0, count: Self.wordCount(capacity))
    }

    static func wordCount(_ capacity: Int) -> Int { (capacity + 63) / 64 }

    /// How many slots are in the set. Time: one step for 64 slots of the capacity.
    public var count: Int {
        words.withUnsafeBufferPointer { words in
            var sum = 0
            for word in words { sum &+= word.nonzeroBitCount }
            return sum
        }
    }

    public var isEmpty: Bool { words.allSatisfy { $0 == 0 } }

    @inline(__always)
    public func contains(_ slot: UInt32) -> Bool {
        let index = Int(slot >> 6)
        return index < words.count && words[index] & (1 << UInt64(slot & 63)) != 0
    }

    /// - Precondition: the slot is below the capacity.
    @inline(__always)
    public mutating func insert(_ slot: UInt32) {
        precondition(slot < capacity, "slot \(slot) outside 0..<\(capacity)")
        words[Int(slot >> 6)] |= 1 << UInt64(slot & 63)
    }

    @inline(__always)
    public mutating func remove(_ slot: UInt32) {
        let index = Int(slot >> 6)
        if index < words.count { words[index] &= ~(1 << UInt64(slot & 63)) }
    }

    /// Makes room for more slots, or drops the slots from `newCapacity` on.
    public mutating func resize(to newCapacity: Int) {
        precondition(newCapacity >= 0, "capacity \(newCapacity)")
        let wanted = Self.wordCount(newCapacity)
        if wanted < words.count {
            words.removeLast(words.count - wanted)
        } else if wanted > words.count {
            words.append(contentsOf: repeatElement(0, count: wanted - words.count))
        }
        if newCapacity < capacity, newCapacity % 64 != 0 {
            words[wanted - 1] &= (1 << UInt64(newCapacity % 64)) - 1
        }
        capacity = newCapacity
    }

    // MARK: Whole sets

    /// Adds the slots of `other`, whose capacity must be the same.
    public mutating func formUnion(_ other: SlotSet) {
        combine(other) { $0 | $1 }
    }

    /// Keeps the slots that are in `other` too, whose capacity must be the same.
    public mutating func formIntersection(_ other: SlotSet) {
        combine(other) { $0 & $1 }
    }

    /// Drops the slots of `other`, whose capacity must be the same.
    public mutating func subtract(_ other: SlotSet) {
        combine(other) { $0 & ~$1 }
    }

    /// Turns the set into those slots of `live` that were not in it. The capacity of `live` must be the same.
    public mutating func formComplement(within live: SlotSet) {
        combine(live) { ~$0 & $1 }
    }

    public func union(_ other: SlotSet) -> SlotSet { changed { $0.formUnion(other) } }
    public func intersection(_ other: SlotSet) -> SlotSet { changed { $0.formIntersection(other) } }
    public func subtracting(_ other: SlotSet) -> SlotSet { changed { $0.subtract(other) } }
    public func complement(within live: SlotSet) -> SlotSet { changed { $0.formComplement(within: live) } }

    private func changed(_ change: (inout SlotSet) -> Void) -> SlotSet {
        var result = self
        change(&result)
        return result
    }

    @inline(__always)
    private mutating func combine(_ other: SlotSet, _ operation: (UInt64, UInt64) -> UInt64) {
        precondition(capacity == other.capacity, "sets of \(capacity) and \(other.capacity) slots")
        combineWords(other.words.span.extracting(0..<other.words.count), operation)
    }

    // MARK: Parts of the index

    /// Inserts the slot, or does nothing, without a branch.
    /// - Precondition: the slot is below the capacity.
    @inline(__always)
    mutating func insert(_ slot: UInt32, if condition: Bool) {
        words[Int(slot >> 6)] |= (condition ? 1 : 0) << UInt64(slot & 63)
    }

    /// Combines each of the first words with one of `other`, which may have fewer.
    @inline(__always)
    private mutating func combineWords(_ other: Span<UInt64>, _ operation: (UInt64, UInt64) -> UInt64) {
        precondition(other.count <= words.count, "\(other.count) words into \(words.count)")
        words.withUnsafeMutableBufferPointer { words in
            other.withUnsafeBufferPointer { other in
                for index in 0..<other.count { words[index] = operation(words[index], other[index]) }
            }
        }
    }

    /// Takes the place of 64 slots; bits from the capacity on must be 0.
    mutating func setWord(_ index: Int, to word: UInt64) { words[index] = word }

    /// Adds the slots of so many words, which may be fewer than the set has.
    mutating func formUnion(words other: Span<UInt64>) { combineWords(other) { $0 | $1 } }

    /// Drops the slots of so many words, which may be fewer than the set has.
    mutating func subtract(words other: Span<UInt64>) { combineWords(other) { $0 & ~$1 } }

    /// - Precondition: all are below the capacity.
    mutating func insert(contentsOf slots: Span<UInt32>) {
        words.withUnsafeMutableBufferPointer { words in
            for index in slots.indices {
                let slot = slots[index]
                words[Int(slot >> 6)] |= 1 << UInt64(slot & 63)
            }
        }
    }

    mutating func remove(contentsOf slots: Span<UInt32>) {
        words.withUnsafeMutableBufferPointer { words in
            for index in slots.indices {
                let slot = slots[index]
                words[Int(slot >> 6)] &= ~(1 << UInt64(slot & 63))
            }
        }
    }
}

/// Slots in ascending order.
extension SlotSet: Sequence {
    public struct Iterator: IteratorProtocol {
        private let words: [UInt64]
        private var index = 0
        private var word: UInt64

        fileprivate init(words: [UInt64]) {
            self.words = words
            word = words.first ?? 0
        }

        public mutating func next() -> UInt32? {
            while word == 0 {
                index += 1
                guard index < words.count else { return nil }
                word = words[index]
            }
            let bit = word.trailingZeroBitCount
            word &= word &- 1
            return UInt32(index * 64 + bit)
        }
    }

    public func makeIterator() -> Iterator { Iterator(words: words) }
    public var underestimatedCount: Int { 0 }
}
