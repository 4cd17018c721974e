/// The tokens of a WordPiece model: bytes of a piece in, id out.
///
/// A flat open-addressing hash over pieces that are stored and compared eight bytes at a time. Two tokens are the
/// same only when their bytes are: no canonical equivalence, as in the reference.
struct Vocabulary: Sendable {
    let list: VocabularyList
    /// Length in bytes of the longest piece that starts a word.
    private(set) var longestStart = 0

    private let continuationPrefix: [UInt8]
    /// A power of two of them, at most half full.
    private var slots: [Slot]
    /// For each piece its head, which is id and shape, then its bytes, filled up with zeros to whole words. What
    /// marks a continuation is not part of the bytes. Nothing begins at 0.
    private var records: [UInt64] = [0]

    /// For pieces with the same hash of kind and first three bytes the length of the longest, if it has three at all.
    private var longest = [UInt32](repeating: 0, count: 4096)

    private struct Slot {
        /// Upper half of the hash.
        var tag: UInt32 = 0
        /// Where the record begins; 0 for an empty slot.
        var record: UInt32 = 0
    }

    /// Of equal tokens the last counts, as in the reference.
    ///
    /// - Parameter continuationPrefix: what marks a piece inside a word, usually `##`.
    init(_ list: VocabularyList, continuationPrefix: [UInt8]) {
        self.list = list
        self.continuationPrefix = continuationPrefix
        var capacity = 16
        while capacity < 2 * list.ranges.count { capacity *= 2 }
        slots = [Slot](repeating: Slot(), count: capacity)
        records.reserveCapacity(1 + 2 * list.ranges.count + list.bytes.count / 8)
        let bytes = list.bytes.span
        for id in list.ranges.indices {
            var piece = list.ranges[id]
            let continues = isContinuation(bytes, piece)
            if continues { piece = (piece.lowerBound + continuationPrefix.count)..<piece.upperBound }
            if !piece.isEmpty { insert(id, bytes, piece, continues) }
        }
    }

    /// Number of ids; an id that no token has counts too.
    var count: Int { list.ranges.count }

    /// The id of a whole token as the vocabulary file spells it.
    func id(of token: String) -> Int32? {
        let token = VocabularyList([token])
        let bytes = token.bytes.span
        var piece = token.ranges[0]
        let continues = isContinuation(bytes, piece)
        if continues { piece = continuationPrefix.count..<piece.upperBound }
        return piece.isEmpty ? nil : find(bytes, piece, continues: continues)
    }

    /// The token of an id as text; nil for an id outside the vocabulary.
    func token(of id: Int32) -> String? { list.token(of: id) }

    /// The id of the piece `text[piece]`, which is not empty; nil when it is no token.
    ///
    /// - Parameter text: seven more bytes can be read after the piece.
    @inline(__always)
    func find(_ text: Span<UInt8>, _ piece: Range<Int>, continues: Bool) -> Int32? {
        let hash = Self.hash(text, piece, continues)
        let shape = Self.shape(piece, continues)
        let tag = UInt32(truncatingIfNeeded: hash >> 32)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count &- 1)
        while slots[slot].record != 0 {
            if slots[slot].tag == tag {
                let record = Int(slots[slot].record)
                let head = records[record]
                if head >> 32 == shape, matches(record, text, piece) { return Int32(truncatingIfNeeded: head) }
            }
            slot = (slot &+ 1) & (slots.count &- 1)
        }
        return nil
    }

    /// No piece that `text` goes on with at `start` has more bytes than this.
    ///
    /// - Parameter text: eight bytes can be read from `start` on.
    @inline(__always)
    func longestPiece(_ text: Span<UInt8>, at start: Int, continues: Bool) -> Int {
        max(2, Int(longest[Self.startHash(text, start, continues)]))
    }

    @inline(__always)
    private static func startHash(_ text: Span<UInt8>, _ start: Int, _ continues: Bool) -> Int {
        let first = EightBytes.prefix(EightBytes.load(text, start), 3) << 1 | (continues ? 1 : 0)
        return Int(truncatingIfNeeded: (first &* 0x9E37_79B9_7F4A_7C15) >> 52)
    }

    /// Length and kind of a piece: the upper half of a head.
    @inline(__always)
    private static func shape(_ piece: Range<Int>, _ continues: Bool) -> UInt64 {
        UInt64(truncatingIfNeeded: piece.count) << 1 | (continues ? 1 : 0)
    }

    @inline(__always)
    private static func hash(_ text: Span<UInt8>, _ piece: Range<Int>, _ continues: Bool) -> UInt64 {
        var hash: UInt64 = continues ? 0x9E37_79B9_7F4A_7C15 : 0xCBF2_9CE4_8422_2325
        var i = piece.lowerBound
        while true {
            let rest = piece.upperBound &- i
            let word = EightBytes.prefix(EightBytes.load(text, i), min(rest, 8))
            // Both halves of the product: each bit of the word reaches low and high bits of the hash.
            let product = (hash ^ word).multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
            hash = product.low ^ product.high
            if rest <= 8 { return hash }
            i &+= 8
        }
    }

    @inline(__always)
    private func matches(_ record: Int, _ text: Span<UInt8>, _ piece: Range<Int>) -> Bool {
        var i = piece.lowerBound
        var j = record
        while true {
            let rest = piece.upperBound &- i
            j &+= 1
            if records[j] != EightBytes.prefix(EightBytes.load(text, i), min(rest, 8)) { return false }
            if rest <= 8 { return true }
            i &+= 8
        }
    }

    private func isContinuation(_ bytes: Span<UInt8>, _ token: Range<Int>) -> Bool {
        guard !continuationPrefix.isEmpty, token.count > continuationPrefix.count else { return false }
        for i in continuationPrefix.indices where bytes[token.lowerBound + i] != continuationPrefix[i] { return false }
        return true
    }

    private mutating func insert(_ id: Int, _ bytes: Span<UInt8>, _ piece: Range<Int>, _ continues: Bool) {
        if !continues { longestStart = max(longestStart, piece.count) }
        let start = Self.startHash(bytes, piece.lowerBound, continues)
        longest[start] = max(longest[start], UInt32(clamping: piece.count))
        let hash = Self.hash(bytes, piece, continues)
        let head = Self.shape(piece, continues) << 32 | UInt64(truncatingIfNeeded: id)
        let tag = UInt32(truncatingIfNeeded: hash >> 32)
        var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
        while slots[slot].record != 0 {
            let record = Int(slots[slot].record)
            if slots[slot].tag == tag, records[record] >> 32 == head >> 32, matches(record, bytes, piece) {
                records[record] = head
                return
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        slots[slot] = Slot(tag: tag, record: UInt32(records.count))
        records.append(head)
        var i = piece.lowerBound
        while i < piece.upperBound {
            records.append(EightBytes.prefix(EightBytes.load(bytes, i), min(piece.upperBound - i, 8)))
            i += 8
        }
    }
}
