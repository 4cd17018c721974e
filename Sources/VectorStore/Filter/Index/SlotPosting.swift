/// The slots that have one value: a single one, a sorted array or a bitmap, by their number.
///
/// An array takes 4 bytes a slot, a bitmap one bit for every slot up to the largest. A bitmap is faster at everything,
/// so that it may take twice the bytes; it becomes an array when it takes four times as many.
struct SlotPosting: Sendable {
    private enum Storage {
        case single(UInt32)
        case array([UInt32])
        case bitmap([UInt64], count: UInt32)
    }

    private var storage = Storage.array([])

    /// Below so many slots an array costs nothing that matters.
    private static let smallestBitmap = 32

    init() {}

    init(_ slot: UInt32) {
        storage = .single(slot)
    }

    /// The empty set as a bitmap with room for so many words.
    init(bitmapWords count: Int) {
        storage = .bitmap(Array(repeating: 0, count: count), count: 0)
    }

    /// - Parameter count: how many slots are in the set.
    init(_ set: SlotSet, count: Int) {
        storage = .bitmap(set.words, count: UInt32(count))
        if count < set.words.count { makeArray() }
    }

    var count: Int {
        switch storage {
        case .single: 1
        case .array(let slots): slots.count
        case .bitmap(_, let count): Int(count)
        }
    }

    var isEmpty: Bool { count == 0 }

    func contains(_ slot: UInt32) -> Bool {
        switch storage {
        case .single(let only): return only == slot
        case .array(let slots):
            let place = Self.place(of: slot, in: slots)
            return place < slots.count && slots[place] == slot
        case .bitmap(let words, _):
            let index = Int(slot >> 6)
            return index < words.count && words[index] & (1 << UInt64(slot & 63)) != 0
        }
    }

    /// Returns whether the slot is new.
    @discardableResult
    mutating func insert(_ slot: UInt32) -> Bool {
        switch storage {
        case .single(let only):
            if only == slot { return false }
            storage = .array(only < slot ? [only, slot] : [slot, only])
            return true
        case .array(var slots):
            storage = .array([])
            let isNew = Self.insert(slot, into: &slots)
            storage = .array(slots)
            if isNew { widenArray() }
            return isNew
        case .bitmap(var words, let count):
            storage = .array([])
            let index = Int(slot >> 6)
            let grows = index >= words.count
            if grows { words.append(contentsOf: repeatElement(0, count: index + 1 - words.count)) }
            let isNew = words[index] & (1 << UInt64(slot & 63)) == 0
            words[index] |= 1 << UInt64(slot & 63)
            storage = .bitmap(words, count: count + (isNew ? 1 : 0))
            if grows { narrowBitmap() }
            return isNew
        }
    }

    /// Returns whether the slot was there.
    @discardableResult
    mutating func remove(_ slot: UInt32) -> Bool {
        switch storage {
        case .single(let only):
            if only != slot { return false }
            storage = .array([])
            return true
        case .array(var slots):
            let place = Self.place(of: slot, in: slots)
            guard place < slots.count, slots[place] == slot else { return false }
            storage = .array([])
            slots.remove(at: place)
            storage = .array(slots)
            return true
        case .bitmap(var words, let count):
            let index = Int(slot >> 6)
            guard index < words.count, words[index] & (1 << UInt64(slot & 63)) != 0 else { return false }
            storage = .array([])
            words[index] &= ~(1 << UInt64(slot & 63))
            storage = .bitmap(words, count: count - 1)
            narrowBitmap()
            return true
        }
    }

    func formUnion(into set: inout SlotSet) {
        switch storage {
        case .single(let only): set.insert(only)
        case .array(let slots): set.insert(contentsOf: slots.span)
        case .bitmap(let words, _): set.formUnion(words: words.span)
        }
    }

    func subtract(from set: inout SlotSet) {
        switch storage {
        case .single(let only): set.remove(only)
        case .array(let slots): set.remove(contentsOf: slots.span)
        case .bitmap(let words, _): set.subtract(words: words.span)
        }
    }

    /// Gives back memory that was kept for growth.
    mutating func trim() {
        switch storage {
        case .single: break
        case .array(let slots): if slots.capacity > slots.count { storage = .array(slots.trimmed()) }
        case .bitmap(let words, let count):
            if words.capacity > words.count { storage = .bitmap(words.trimmed(), count: count) }
        }
    }

    /// Bytes beyond the value itself.
    var footprint: Int {
        switch storage {
        case .single: 0
        case .array(let slots): slots.footprint
        case .bitmap(let words, _): words.footprint
        }
    }

    /// Becomes a bitmap if that is at most twice as large.
    private mutating func widenArray() {
        guard case .array(let slots) = storage, slots.count >= Self.smallestBitmap, let last = slots.last else {
            return
        }
        let wordCount = Int(last >> 6) + 1
        guard wordCount <= slots.count else { return }
        var words = [UInt64](repeating: 0, count: wordCount)
        for slot in slots { words[Int(slot >> 6)] |= 1 << UInt64(slot & 63) }
        storage = .bitmap(words, count: UInt32(slots.count))
    }

    /// Becomes an array if that is a quarter as large.
    private mutating func narrowBitmap() {
        if case .bitmap(let words, let count) = storage, Int(count) * 2 <= words.count { makeArray() }
    }

    private mutating func makeArray() {
        guard case .bitmap(let words, let count) = storage else { return }
        var slots: [UInt32] = []
        slots.reserveCapacity(Int(count))
        for (index, word) in words.enumerated() {
            var word = word
            while word != 0 {
                slots.append(UInt32(index * 64 + word.trailingZeroBitCount))
                word &= word &- 1
            }
        }
        storage = .array(slots)
    }

    private static func insert(_ slot: UInt32, into slots: inout [UInt32]) -> Bool {
        guard let last = slots.last, slot <= last else {
            slots.append(slot)
            return true
        }
        let place = place(of: slot, in: slots)
        if slots[place] == slot { return false }
        slots.insert(slot, at: place)
        return true
    }

    /// Number of slots below `slot`.
    private static func place(of slot: UInt32, in slots: [UInt32]) -> Int {
        slots.withUnsafeBufferPointer { slots in
            var low = 0
            var high = slots.count
            while low < high {
                let middle = (low &+ high) / 2
                if slots[middle] < slot { low = middle &+ 1 } else { high = middle }
            }
            return low
        }
    }
}
