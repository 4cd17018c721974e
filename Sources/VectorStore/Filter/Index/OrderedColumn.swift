/// Numbers or instants by slot, such that the slots of a range are found fast: one key a slot at most.
///
/// Most lie in arrays sorted by key that never change. Every some thousand entries there is a bitmap of all slots before;
/// the slots of a range are the difference of two of them, put right for the entries to the nearest bitmap. Changes
/// since are a short list on top, which every search goes through; once it is long, ``settle()`` merges it.
struct OrderedColumn: Sendable {
    private struct Change {
        let key: OrderedKey
        let slot: UInt32
    }

    // Sorted by key.
    private var highs: [Int64] = []
    /// Empty while all are 0, as they nearly always are.
    private var lows: [UInt16] = []
    private var slots: [UInt32] = []
    /// One after the other, bitmaps of the first `blockLength`, 2 × `blockLength`, … slots.
    private var prefixes: [UInt64] = []
    private var wordsPerPrefix = 0
    private var blockLength = Int.max
    private var members = SlotPosting()

    /// Slots of the sorted arrays whose key is no longer theirs.
    private var stale = SlotPosting()
    /// Keys given since, each slot once.
    private var recent: [Change] = []
    /// Where in `recent` a slot is.
    private var recentPlaces: [UInt32: Int] = [:]

    /// So many keys on top are not merged yet, or one in 32 of the column's if that is more.
    private static let fewestChanges = 1024
    private static let mostPrefixes = 32

    var count: Int { slots.count - stale.count + recent.count }

    /// The slot must have no key.
    mutating func insert(_ slot: UInt32, _ key: OrderedKey) {
        recentPlaces[slot] = recent.count
        recent.append(Change(key: key, slot: slot))
        settleIfNeeded()
    }

    /// Returns whether there was a key.
    @discardableResult
    mutating func remove(_ slot: UInt32) -> Bool {
        if let place = recentPlaces.removeValue(forKey: slot) {
            let last = recent.removeLast()
            if place < recent.count {
                recent[place] = last
                recentPlaces[last.slot] = place
            }
        } else {
            guard members.contains(slot), stale.insert(slot) else { return false }
        }
        if count == 0 { self = OrderedColumn() } else { settleIfNeeded() }
        return true
    }

    // MARK: Searching

    /// Adds the slots whose keys lie in the range.
    func formUnion(in range: Range<OrderedKey>, into set: inout SlotSet) {
        let places = place(range.lowerBound)..<place(range.upperBound)
        if !places.isEmpty {
            if stale.isEmpty, set.isEmpty {
                insertSettled(places, into: &set)
            } else {
                var found = SlotSet(capacity: set.capacity)
                insertSettled(places, into: &found)
                stale.subtract(from: &found)
                set.formUnion(found)
            }
        }
        recent.withUnsafeBufferPointer { recent in
            for change in recent { set.insert(change.slot, if: range.contains(change.key)) }
        }
    }

    /// Adds the slots that have one of the keys.
    func formUnion(equalTo keys: [OrderedKey], into set: inout SlotSet) {
        if keys.count == 1, let key = keys.first { return formUnion(in: key..<key.next, into: &set) }
        var found = SlotSet(capacity: set.capacity)
        for key in keys {
            let places = place(key)..<place(key.next)
            if places.count < blockLength {
                found.insert(contentsOf: slots.span.extracting(places))
            } else {
                var piece = SlotSet(capacity: set.capacity)
                insertSettled(places, into: &piece)
                found.formUnion(piece)
            }
        }
        stale.subtract(from: &found)
        let wanted = Set(keys)
        for change in recent where wanted.contains(change.key) { found.insert(change.slot) }
        set.formUnion(found)
    }

    /// Number of sorted entries below the key.
    private func place(_ key: OrderedKey) -> Int {
        highs.withUnsafeBufferPointer { highs in
            var first = 0
            var end = highs.count
            while first < end {
                let middle = (first &+ end) / 2
                if highs[middle] < key.high || (highs[middle] == key.high && low(middle) < key.low) {
                    first = middle &+ 1
                } else {
                    end = middle
                }
            }
            return first
        }
    }

    @inline(__always)
    private func low(_ entry: Int) -> UInt16 { lows.isEmpty ? 0 : lows[entry] }

    /// Puts the slots of sorted entries into an empty set.
    private func insertSettled(_ range: Range<Int>, into set: inout SlotSet) {
        let slots = slots.span
        guard range.count >= blockLength else { return set.insert(contentsOf: slots.extracting(range)) }
        let prefixCount = prefixes.count / wordsPerPrefix
        let last = min((range.upperBound + blockLength / 2) / blockLength, prefixCount)
        if last > 0 { set.formUnion(words: prefixes.span.extracting(prefix(last))) }
        if last * blockLength <= range.upperBound {
            set.insert(contentsOf: slots.extracting(last * blockLength..<range.upperBound))
        } else {
            set.remove(contentsOf: slots.extracting(range.upperBound..<last * blockLength))
        }
        // The range is longer than a block: the nearest bitmap lies before its end.
        let first = min((range.lowerBound + blockLength / 2) / blockLength, prefixCount)
        if first > 0 { set.subtract(words: prefixes.span.extracting(prefix(first))) }
        if first * blockLength <= range.lowerBound {
            set.remove(contentsOf: slots.extracting(first * blockLength..<range.lowerBound))
        } else {
            set.insert(contentsOf: slots.extracting(range.lowerBound..<first * blockLength))
        }
    }

    /// Where the bitmap of the first `number` × `blockLength` slots lies; `number` is 1 or more.
    private func prefix(_ number: Int) -> Range<Int> { (number - 1) * wordsPerPrefix..<number * wordsPerPrefix }

    // MARK: Settling

    private mutating func settleIfNeeded() {
        // Stale slots cost a search less than new keys do.
        if max(recent.count, stale.count / 2) > max(Self.fewestChanges, slots.count / 32) { settle() }
    }

    /// Merges the changes into the sorted arrays. Time: proportional to the keys of the column.
    mutating func settle() {
        if recent.isEmpty, stale.isEmpty { return }
        recent.sort { $0.key < $1.key }
        merge()
        recent = []
        recentPlaces = [:]
        makePrefixes()
    }

    private mutating func merge() {
        let total = count
        // Below 2⁵³ no key has a low part: the arrays are merged without.
        let hasLows = !lows.isEmpty || recent.contains { $0.key.low != 0 }
        if hasLows, lows.isEmpty { lows = Array(repeating: 0, count: highs.count) }
        var newLows: [UInt16] = []
        if hasLows { newLows.reserveCapacity(total) }
        var gone = SlotSet(capacity: wordsPerPrefix * 64)
        stale.formUnion(into: &gone)
        let (highs, slots) = (highs, slots)
        var newSlots: [UInt32] = []
        let newHighs = [Int64](unsafeUninitializedCapacity: total) { newHighs, highCount in
            newSlots = [UInt32](unsafeUninitializedCapacity: total) { newSlots, slotCount in
                var written = 0
                var old = 0
                for index in 0...recent.count {
                    let end = index < recent.count ? place(recent[index].key) : slots.count
                    while old < end {
                        if !gone.contains(slots[old]) {
                            newHighs.initializeElement(at: written, to: highs[old])
                            newSlots.initializeElement(at: written, to: slots[old])
                            if hasLows { newLows.append(lows[old]) }
                            written += 1
                        }
                        old += 1
                    }
                    guard index < recent.count else { break }
                    newHighs.initializeElement(at: written, to: recent[index].key.high)
                    newSlots.initializeElement(at: written, to: recent[index].slot)
                    if hasLows { newLows.append(recent[index].key.low) }
                    written += 1
                }
                slotCount = written
                highCount = written
            }
        }
        self.highs = newHighs
        lows = newLows.allSatisfy { $0 == 0 } ? [] : newLows
        self.slots = newSlots
    }

    private mutating func makePrefixes() {
        wordsPerPrefix = slots.max().map { Int($0 >> 6) + 1 } ?? 0
        // No more bytes than the slots take: columns of few records in a large collection have none.
        let prefixCount = wordsPerPrefix == 0 ? 0 : min(Self.mostPrefixes, slots.count / 2 / wordsPerPrefix)
        blockLength = prefixCount == 0 ? Int.max : (slots.count + prefixCount - 1) / prefixCount
        prefixes = []
        members = SlotPosting()
        var seen = SlotSet(capacity: wordsPerPrefix * 64)
        if prefixCount > 0 {
            prefixes.reserveCapacity(prefixCount * wordsPerPrefix)
            for number in 1...prefixCount where number * blockLength <= slots.count {
                seen.insert(contentsOf: slots.span.extracting((number - 1) * blockLength..<number * blockLength))
                prefixes.append(contentsOf: seen.words)
            }
            let done = prefixes.count / wordsPerPrefix * blockLength
            seen.insert(contentsOf: slots.span.extracting(done..<slots.count))
        } else {
            seen.insert(contentsOf: slots.span)
        }
        members = SlotPosting(seen, count: slots.count)
        stale = prefixCount > 0 ? SlotPosting(bitmapWords: wordsPerPrefix) : SlotPosting()
    }

    var footprint: Int {
        highs.footprint + lows.footprint + slots.footprint + prefixes.footprint + members.footprint + stale.footprint
            + recent.footprint + recentPlaces.capacity * 20
    }
}
