/// The tokens of a WordPiece model: bytes of a piece in, id out.
///
/// A flat open-addressing hash over the raw UTF-8 of all pieces. Hashes are built byte by byte (FNV-1a, 64 bits), so
/// that one pass over a word yields the hashes of all its prefixes. Two tokens are the same only when their bytes
/// are: no canonical equivalence, as in the reference.
struct Vocabulary: Sendable {
    /// Most tokens that a vocabulary may have; the largest BERT vocabularies hold about 250,000.
    static let maximumCount = 4_000_000

    /// Number of ids; an id that no token has counts too.
    let count: Int
    /// Length in bytes of the longest piece that starts a word, and of the longest that continues one.
    private(set) var longestStart = 0
    private(set) var longestContinuation = 0

    private let continuationPrefix: [UInt8]
    /// All tokens end to end; the token of id `i` is `bytes[starts[i]..<starts[i + 1]]`, its prefix included.
    private var bytes: [UInt8] = []
    private var starts: [UInt32] = [0]
    /// Upper half of the hash and id + 1; 0 for an empty slot. A power of two of them, at most half full.
    private var slots: [Slot]

    private struct Slot {
        var tag: UInt32 = 0
        var idPlusOne: UInt32 = 0
    }

    /// Tokens in the order of their ids. Of equal tokens the last counts, as in the reference.
    ///
    /// - Parameter continuationPrefix: what marks a piece inside a word, usually `##`; such tokens are kept without it.
    init(tokens: [[UInt8]], continuationPrefix: [UInt8]) {
        precondition(tokens.count <= Self.maximumCount, "\(tokens.count) tokens")
        count = tokens.count
        self.continuationPrefix = continuationPrefix
        var capacity = 16
        while capacity < 2 * tokens.count { capacity *= 2 }
        slots = [Slot](repeating: Slot(), count: capacity)
        bytes.reserveCapacity(tokens.reduce(0) { $0 + $1.count })
        starts.reserveCapacity(tokens.count + 1)
        for token in tokens {
            bytes += token
            starts.append(UInt32(bytes.count))
        }
        for id in tokens.indices { insert(id) }
    }

    /// All tokens end to end with a line feed after each, in the order of their ids.
    var allBytes: [UInt8] {
        var all: [UInt8] = []
        all.reserveCapacity(bytes.count + count)
        for id in 0..<count {
            all += bytes[range(id)]
            all.append(0x0A)
        }
        return all
    }

    /// The id of a whole token as the vocabulary file spells it.
    func id(of token: String) -> Int32? {
        var piece = Array(token.utf8)
        let continues =
            !continuationPrefix.isEmpty && piece.count > continuationPrefix.count
            && piece.starts(with: continuationPrefix)
        if continues { piece.removeFirst(continuationPrefix.count) }
        let hash = piece.reduce(seed(continues: continues)) { Self.hash($0, $1) }
        return find(piece.span, 0..<piece.count, continues, hash)
    }

    /// The token of an id as text; nil for an id outside the vocabulary.
    func token(of id: Int32) -> String? {
        guard id >= 0, Int(id) < count else { return nil }
        return String(decoding: bytes[range(Int(id))], as: UTF8.self)
    }

    /// Where the hash of a piece begins; `hash(_:byte:)` takes it on byte by byte.
    func seed(continues: Bool) -> UInt64 {
        continues ? 0x9E37_79B9_7F4A_7C15 : 0xCBF2_9CE4_8422_2325
    }

    @inline(__always)
    static func hash(_ hash: UInt64, _ byte: UInt8) -> UInt64 {
        (hash ^ UInt64(byte)) &* 0x100_0000_01B3
    }

    /// The id of the piece `text[range]`, whose hash from `seed(continues:)` is `hash`; nil when it is no token.
    func find(_ text: Span<UInt8>, _ piece: Range<Int>, _ continues: Bool, _ hash: UInt64) -> Int32? {
        let mixed = Self.mix(hash)
        let tag = UInt32(truncatingIfNeeded: mixed >> 32)
        var slot = Int(truncatingIfNeeded: mixed) & (slots.count - 1)
        while slots[slot].idPlusOne != 0 {
            if slots[slot].tag == tag {
                let id = Int(slots[slot].idPlusOne) - 1
                if matches(id, text, piece, continues) { return Int32(truncatingIfNeeded: id) }
            }
            slot = (slot + 1) & (slots.count - 1)
        }
        return nil
    }

    private static func mix(_ hash: UInt64) -> UInt64 {
        (hash ^ hash >> 29) &* 0xBF58_476D_1CE4_E5B9
    }

    private func range(_ id: Int) -> Range<Int> {
        Int(starts[id])..<Int(starts[id + 1])
    }

    private func matches(_ id: Int, _ text: Span<UInt8>, _ piece: Range<Int>, _ continues: Bool) -> Bool {
        var token = range(id)
        let isContinuation = self.isContinuation(id)
        if isContinuation != continues { return false }
        if isContinuation { token = (token.lowerBound + continuationPrefix.count)..<token.upperBound }
        guard token.count == piece.count else { return false }
        for i in 0..<token.count where bytes[token.lowerBound + i] != text[piece.lowerBound + i] { return false }
        return true
    }

    private func isContinuation(_ id: Int) -> Bool {
        let token = range(id)
        return !continuationPrefix.isEmpty && token.count > continuationPrefix.count
            && bytes[token].starts(with: continuationPrefix)
    }

    private mutating func insert(_ id: Int) {
        let continues = isContinuation(id)
        let token = range(id)
        let piece = token.dropFirst(continues ? continuationPrefix.count : 0)
        if piece.isEmpty { return }
        if continues {
            longestContinuation = max(longestContinuation, piece.count)
        } else {
            longestStart = max(longestStart, piece.count)
        }
        var hash = seed(continues: continues)
        for i in piece { hash = Self.hash(hash, bytes[i]) }
        let mixed = Self.mix(hash)
        let tag = UInt32(truncatingIfNeeded: mixed >> 32)
        var slot = Int(truncatingIfNeeded: mixed) & (slots.count - 1)
        while slots[slot].idPlusOne != 0 {
            let other = Int(slots[slot].idPlusOne) - 1
            if slots[slot].tag == tag, bytes[range(other)] == bytes[token] { break }
            slot = (slot + 1) & (slots.count - 1)
        }
        slots[slot] = Slot(tag: tag, idPlusOne: UInt32(id + 1))
    }
}
