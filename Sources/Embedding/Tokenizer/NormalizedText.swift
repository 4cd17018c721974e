/// Normalized UTF-8 of one block with, on demand, the scalar of the original text that every byte came from.
///
/// Made to be used again for the next block: it grows, but never shrinks.
struct NormalizedText {
    /// This many bytes after the text can be read, so that the last bytes of the text are loaded eight at a time.
    static let padding = 8

    let keepsOrigins: Bool
    /// Bytes of the text.
    private(set) var count = 0
    /// The text, then room of which only the padding is set.
    private(set) var bytes: [UInt8] = []
    /// For each byte the index of its original Unicode scalar, counted from the start of the block that was
    /// normalized; as long as `bytes`, or empty.
    private(set) var origins: [UInt32] = []

    init(keepsOrigins: Bool) {
        self.keepsOrigins = keepsOrigins
    }

    /// Empties the text and makes room for `count` bytes.
    mutating func removeAll(reserving count: Int) {
        self.count = 0
        reserve(count)
    }

    /// Spaces after the text: no word reaches into them.
    mutating func pad() {
        reserve(0)
        for i in count..<(count + Self.padding) { bytes[i] = 0x20 }
    }

    /// Appends printable ASCII from `source[start...]` up to the first byte that is something else.
    ///
    /// - Parameter caseMask: `EightBytes.highBits` to lower the case, 0 to keep it.
    /// - Returns: how many bytes were taken; origins count up from `origin`.
    mutating func appendPrintableASCII(
        _ source: Span<UInt8>, from start: Int, caseMask: UInt64, origin: UInt32
    ) -> Int {
        let size = source.count
        guard size >= 8 else { return 0 }
        reserve(size - start)
        let first = count
        var end = first
        var i = start
        var target = bytes.mutableSpan
        // SAFETY: whatever bytes are written are valid UInt8, and the span checks its bounds.
        var output = unsafe target.mutableBytes
        while i < size {
            // The last bytes come from a load that begins earlier; the zeros behind them are not printable.
            let early = max(0, i &- (size &- 8))
            let word = EightBytes.load(source, i &- early) &>> UInt64(truncatingIfNeeded: 8 &* early)
            let length = EightBytes.count(before: EightBytes.notPrintableASCII(word))
            let lowercased = word | (EightBytes.uppercase(word) & caseMask) &>> 2
            output.storeBytes(of: lowercased.littleEndian, toByteOffset: end, as: UInt64.self)
            i &+= length
            end &+= length
            if length < 8 { break }
        }
        if keepsOrigins {
            var next = origin
            var target = origins.mutableSpan
            for j in first..<end {
                target[j] = next
                next &+= 1
            }
        }
        count = end
        return i &- start
    }

    @inline(__always)
    mutating func append(ascii byte: UInt8, origin: UInt32) {
        reserve(1)
        add(UInt32(byte), origin)
    }

    mutating func append(_ scalar: UInt32, origin: UInt32) {
        reserve(4)
        switch scalar {
        case 0..<0x80:
            add(scalar, origin)
        case 0x80..<0x800:
            add(0xC0 | scalar >> 6, origin)
            add(0x80 | scalar & 0x3F, origin)
        case 0x800..<0x10000:
            add(0xE0 | scalar >> 12, origin)
            add(0x80 | scalar >> 6 & 0x3F, origin)
            add(0x80 | scalar & 0x3F, origin)
        default:
            add(0xF0 | scalar >> 18, origin)
            add(0x80 | scalar >> 12 & 0x3F, origin)
            add(0x80 | scalar >> 6 & 0x3F, origin)
            add(0x80 | scalar & 0x3F, origin)
        }
    }

    @inline(__always)
    private mutating func add(_ byte: UInt32, _ origin: UInt32) {
        bytes[count] = UInt8(truncatingIfNeeded: byte)
        if keepsOrigins { origins[count] = origin }
        count &+= 1
    }

    /// Room for `more` bytes and the padding.
    @inline(__always)
    private mutating func reserve(_ more: Int) {
        if count + more + Self.padding > bytes.count { grow(count + more + Self.padding) }
    }

    private mutating func grow(_ needed: Int) {
        let added = max(needed - bytes.count, bytes.count / 2)
        bytes += repeatElement(0x20, count: added)
        if keepsOrigins { origins += repeatElement(0, count: added) }
    }
}
