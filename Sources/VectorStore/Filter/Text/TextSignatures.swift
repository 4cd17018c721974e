/// Which slots may hold a text with a given part, without the texts: a set of bits a slot, one for every three bytes that
/// follow one another somewhere in its text (signature files of Faloutsos and Christodoulakis, 1984, over trigrams).
///
/// The bits lie row by row, those of a block's slots side by side: a part of n bytes is looked up by n − 2 rows of 64 bytes
/// for 512 slots. A text of 800 bytes sets a third of its 2,048 bits, so that one text in a hundred million is taken for
/// one with another part of 20 bytes, and one in 40 for one with a part of 5.
///
/// Thread rule: a value, as ``FieldIndex``. Cost: 256 bytes of memory a slot; a change takes one step for each byte of the
/// text, and some 10 µs where the slot was in use.
struct TextSignatures: Sendable {
    private static let rows = 2_048
    private static let slotsOfBlock = 512
    private static let wordsOfRow = slotsOfBlock / 64

    /// By block, row and word.
    private var blocks: [[UInt64]] = []
    /// Slots whose bits are those of a text.
    private var used = SlotSet(capacity: 0)

    /// Puts the text into the slot, in the place of the one that is there; nil: there is none.
    mutating func set(slot: UInt32, text: String?) {
        remove(slot: slot)
        guard let text else { return }
        let block = Int(slot) / Self.slotsOfBlock
        while blocks.count <= block {
            blocks.append([])
            used.resize(to: blocks.count * Self.slotsOfBlock)
        }
        if blocks[block].isEmpty {
            blocks[block] = Array(repeating: 0, count: Self.rows * Self.wordsOfRow)
        }
        used.insert(slot)
        let place = Int(slot) % Self.slotsOfBlock
        let (word, bit): (Int, UInt64) = (place / 64, 1 << UInt64(place % 64))
        blocks[block].withUnsafeMutableBufferPointer { words in
            var text = text
            text.withUTF8 { bytes in
                Self.forEachRow(of: bytes) { row in words[row * Self.wordsOfRow + word] |= bit }
            }
        }
    }

    mutating func remove(slot: UInt32) {
        guard used.contains(slot) else { return }
        used.remove(slot)
        let block = Int(slot) / Self.slotsOfBlock
        let place = Int(slot) % Self.slotsOfBlock
        let (word, bit): (Int, UInt64) = (place / 64, 1 << UInt64(place % 64))
        let first = block * Self.slotsOfBlock / 64
        if used.words[first..<min(first + Self.wordsOfRow, used.words.count)].allSatisfy({ $0 == 0 }) {
            blocks[block] = []
            return
        }
        blocks[block].withUnsafeMutableBufferPointer { words in
            for row in 0..<Self.rows { words[row * Self.wordsOfRow + word] &= ~bit }
        }
    }

    /// The slots, of those below `capacity`, whose texts may meet the requirement; all that have a text where nothing can be
    /// looked up.
    func slots(meeting requirement: TextRequirement, capacity: Int) -> SlotSet {
        switch requirement {
        case .nothing: return slots(below: capacity)
        case .all(let parts):
            var found = slots(below: capacity)
            for part in parts { found.formIntersection(slots(meeting: part, capacity: capacity)) }
            return found
        case .any(let parts):
            var found = SlotSet(capacity: capacity)
            for part in parts { found.formUnion(slots(meeting: part, capacity: capacity)) }
            return found
        case .part(let bytes):
            var rows: Set<Int> = []
            bytes.withUnsafeBufferPointer { Self.forEachRow(of: $0) { rows.insert($0) } }
            var found = slots(below: capacity)
            for (block, words) in blocks.enumerated() where !words.isEmpty {
                for word in 0..<Self.wordsOfRow {
                    let place = block * Self.wordsOfRow + word
                    guard place < found.words.count, found.words[place] != 0 else { continue }
                    var bits = found.words[place]
                    for row in rows where bits != 0 { bits &= words[row * Self.wordsOfRow + word] }
                    found.setWord(place, to: bits)
                }
            }
            return found
        }
    }

    private func slots(below capacity: Int) -> SlotSet {
        var found = used
        found.resize(to: capacity)
        return found
    }

    /// Calls `body` with the row of each three bytes that follow one another; fewer have none.
    private static func forEachRow(of bytes: UnsafeBufferPointer<UInt8>, _ body: (Int) -> Void) {
        guard bytes.count >= 3 else { return }
        var trigram = UInt32(bytes[0]) << 8 | UInt32(bytes[1])
        for byte in bytes.dropFirst(2) {
            trigram = (trigram << 8 | UInt32(byte)) & 0xff_ffff
            // The top 11 bits of a product with 2³² over the golden ratio (Knuth, volume 3, 6.4).
            body(Int((trigram &* 0x9E37_79B1) >> 21))
        }
    }

    /// Bytes of memory, about.
    var memoryFootprint: Int { blocks.reduce(used.words.footprint) { $0 + $1.footprint } }
}

extension TextSignatures {
    /// What the signatures say of a filter: the slots that meet it for certain, and those whose texts have to be read. Both are
    /// among `live`, the slots that have a record.
    func slots(matching filter: DocumentFilter, live: SlotSet) -> (certain: SlotSet, unsure: SlotSet) {
        let none = SlotSet(capacity: live.capacity)
        switch filter {
        case .contains(let part): return (none, found(.part(part), live))
        case .regex(let pattern): return (none, found(pattern.requirement, live))
        case .notContains(let part):
            let unsure = found(.part(part), live)
            return (live.subtracting(unsure), unsure)
        case .notRegex(let pattern):
            let unsure = found(pattern.requirement, live)
            return (live.subtracting(unsure), unsure)
        case .and(let parts):
            var (certain, possible) = (live, live)
            for part in parts {
                let found = slots(matching: part, live: live)
                certain.formIntersection(found.certain)
                possible.formIntersection(found.certain.union(found.unsure))
            }
            return (certain, possible.subtracting(certain))
        case .or(let parts):
            var (certain, unsure) = (none, none)
            for part in parts {
                let found = slots(matching: part, live: live)
                certain.formUnion(found.certain)
                unsure.formUnion(found.unsure)
            }
            return (certain, unsure.subtracting(certain))
        }
    }

    private func found(_ requirement: TextRequirement, _ live: SlotSet) -> SlotSet {
        slots(meeting: requirement, capacity: live.capacity).intersection(live)
    }
}
