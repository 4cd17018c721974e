/// The tokens of a vocabulary as its file spells them, in the order of their ids: one array of bytes, not one each.
struct VocabularyList: Sendable {
    /// Most tokens that a vocabulary may have; the largest BERT vocabularies hold about 250,000.
    static let maximumCount = 4_000_000

    /// Holds the tokens, in any order, and eight bytes more, so that the last token is loaded eight bytes at a time.
    let bytes: [UInt8]
    /// Where the token of each id is.
    let ranges: [Range<Int>]

    init(bytes: consuming [UInt8], ranges: [Range<Int>]) {
        precondition(ranges.count <= Self.maximumCount, "\(ranges.count) tokens")
        bytes += repeatElement(0, count: 8)
        self.bytes = bytes
        self.ranges = ranges
    }

    init(_ tokens: [String]) {
        var bytes: [UInt8] = []
        var ranges: [Range<Int>] = []
        for token in tokens {
            let start = bytes.count
            bytes += token.utf8
            ranges.append(start..<bytes.count)
        }
        self.init(bytes: bytes, ranges: ranges)
    }

    /// One token a line, with either kind of line end; a line end after the last token begins no further one.
    init(lines file: [UInt8]) {
        var ranges: [Range<Int>] = []
        var start = 0
        func add(_ end: Int) {
            ranges.append(start..<(end > start && file[end - 1] == 0x0D ? end - 1 : end))
        }
        for i in file.indices where file[i] == 0x0A {
            add(i)
            start = i + 1
        }
        if start < file.count { add(file.count) }
        self.init(bytes: file, ranges: ranges)
    }

    /// The token of an id as text; nil for an id outside the list.
    func token(of id: Int32) -> String? {
        guard id >= 0, Int(id) < ranges.count else { return nil }
        return String(decoding: bytes[ranges[Int(id)]], as: UTF8.self)
    }

    /// All tokens end to end with a line feed after each.
    var allBytes: [UInt8] {
        var all: [UInt8] = []
        all.reserveCapacity(bytes.count + ranges.count)
        for range in ranges {
            all += bytes[range]
            all.append(0x0A)
        }
        return all
    }
}
