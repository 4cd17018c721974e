/// The distinct values of a column with the slots that have each.
struct ValuePostings: Sendable {
    private var dictionary = ValueDictionary()
    /// By code; empty for codes not in use.
    private var postings: [SlotPosting] = []

    var isEmpty: Bool { dictionary.count == 0 }

    func posting(of value: UnsafeRawBufferPointer) -> SlotPosting? {
        dictionary.code(of: value).map { postings[Int($0)] }
    }

    /// Returns the value's code, and whether the slot did not have the value yet.
    mutating func insert(_ slot: UInt32, for value: UnsafeRawBufferPointer) -> (code: UInt32, isNew: Bool) {
        let code = dictionary.insert(value)
        if code == postings.count {
            postings.append(SlotPosting(slot))
            return (code, true)
        }
        if postings[Int(code)].isEmpty {
            postings[Int(code)] = SlotPosting(slot)
            return (code, true)
        }
        return (code, postings[Int(code)].insert(slot))
    }

    mutating func remove(_ slot: UInt32, code: UInt32) {
        postings[Int(code)].remove(slot)
        guard postings[Int(code)].isEmpty else { return }
        postings[Int(code)] = SlotPosting()
        dictionary.remove(code)
        if isEmpty { postings = [] }
    }

    mutating func trim() {
        dictionary.trim()
        for index in postings.indices { postings[index].trim() }
        if postings.capacity > postings.count { postings = postings.trimmed() }
    }

    var footprint: Int {
        dictionary.footprint + postings.footprint + postings.reduce(0) { $0 + $1.footprint }
    }
}

/// Strings: one a record at most.
struct TextColumn: Sendable {
    private var values = ValuePostings()
    private var codes = SlotColumn()

    /// The slot must have no text.
    mutating func insert(_ slot: UInt32, _ text: UnsafeRawBufferPointer) {
        codes.insert(values.insert(slot, for: text).code, at: slot)
    }

    /// Returns whether there was a text.
    @discardableResult
    mutating func remove(_ slot: UInt32) -> Bool {
        let code = codes.remove(slot)
        if code == SlotColumn.none { return false }
        values.remove(slot, code: code)
        return true
    }

    func posting(of text: UnsafeRawBufferPointer) -> SlotPosting? { values.posting(of: text) }

    mutating func trim() {
        values.trim()
        codes.trim()
    }

    var footprint: Int { values.footprint + codes.footprint }
}

/// Lists: any number of elements a record, each counted once.
struct ListColumn: Sendable {
    private var values = ValuePostings()
    /// Where the slot's codes begin in `codes`: their number, then the codes.
    private var starts = SlotColumn()
    private var codes: [UInt32] = []
    /// Numbers in `codes` that belong to no slot any more.
    private var garbage = 0

    /// The slot must have no list. `each` calls its argument with the bytes of every element.
    mutating func insert(_ slot: UInt32, _ each: ((UnsafeRawBufferPointer) -> Void) -> Void) {
        let start = codes.count
        codes.append(0)
        each { element in
            let (code, isNew) = values.insert(slot, for: element)
            if isNew { codes.append(code) }
        }
        if codes.count == start + 1 {
            codes.removeLast()
        } else {
            codes[start] = UInt32(codes.count - start - 1)
            starts.insert(UInt32(start), at: slot)
        }
    }

    @discardableResult
    mutating func remove(_ slot: UInt32) -> Bool {
        let start = starts.remove(slot)
        if start == SlotColumn.none { return false }
        let range = Int(start) + 1..<Int(start) + 1 + Int(codes[Int(start)])
        for code in codes[range] { values.remove(slot, code: code) }
        garbage += range.count + 1
        if starts.count == 0 {
            self = ListColumn()
        } else if garbage > 1024, garbage * 2 > codes.count {
            compact()
        }
        return true
    }

    func posting(of element: UnsafeRawBufferPointer) -> SlotPosting? { values.posting(of: element) }

    private mutating func compact() {
        var kept: [UInt32] = []
        kept.reserveCapacity(codes.count - garbage)
        starts.update { start in
            let place = UInt32(kept.count)
            kept.append(contentsOf: codes[Int(start)...Int(start) + Int(codes[Int(start)])])
            return place
        }
        codes = kept
        garbage = 0
    }

    mutating func trim() {
        if garbage > 0 { compact() }
        values.trim()
        starts.trim()
        if codes.capacity > codes.count { codes = codes.trimmed() }
    }

    var footprint: Int { values.footprint + starts.footprint + codes.footprint }
}
