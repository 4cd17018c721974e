/// Eight bytes of text in one integer, the first in the lowest bits: all of them tested or changed at once.
///
/// A mask has bit 7 of every byte that is meant. All are exact for each byte: no sum carries into the next one.
enum EightBytes {
    static let highBits: UInt64 = 0x8080_8080_8080_8080

    /// The eight bytes from `offset` on; all must lie in `bytes`.
    @inline(__always)
    static func load(_ bytes: Span<UInt8>, _ offset: Int) -> UInt64 {
        // SAFETY: the span checks its bounds, and any eight bytes are a UInt64.
        unsafe UInt64(littleEndian: bytes.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    /// The first `count` bytes, 1 to 8; zeros for the others.
    @inline(__always)
    static func prefix(_ word: UInt64, _ count: Int) -> UInt64 {
        word & (.max &>> UInt64(truncatingIfNeeded: 64 &- 8 &* count))
    }

    /// How many bytes come before the first one of a mask; 8 for an empty mask.
    @inline(__always)
    static func count(before mask: UInt64) -> Int {
        mask.trailingZeroBitCount &>> 3
    }

    /// All but U+0020 to U+007E.
    @inline(__always)
    static func notPrintableASCII(_ word: UInt64) -> UInt64 {
        let low = word & ~highBits
        let isPrintable = (low &+ repeated(0x80 - 0x20)) & ~(low &+ repeated(0x80 - 0x7F))
        return (word | ~isPrintable) & highBits
    }

    /// A to Z. Of bytes that are not ASCII the answer means nothing.
    @inline(__always)
    static func uppercase(_ word: UInt64) -> UInt64 {
        let low = word & ~highBits
        return (low &+ repeated(0x80 - 0x41)) & ~(low &+ repeated(0x80 - 0x5B)) & highBits
    }

    /// All but ASCII letters and digits.
    @inline(__always)
    static func notAlphanumeric(_ word: UInt64) -> UInt64 {
        let low = word & ~highBits
        let folded = low | repeated(0x20)
        let isLetter = (folded &+ repeated(0x80 - 0x61)) & ~(folded &+ repeated(0x80 - 0x7B))
        let isDigit = (low &+ repeated(0x80 - 0x30)) & ~(low &+ repeated(0x80 - 0x3A))
        return (word | ~(isLetter | isDigit)) & highBits
    }

    /// Those equal to `byte`, which is ASCII.
    @inline(__always)
    static func equal(_ word: UInt64, to byte: UInt8) -> UInt64 {
        let difference = word ^ repeated(byte)
        let isOther = ((difference & ~highBits) &+ repeated(0x7F)) | difference
        return ~isOther & highBits
    }

    @inline(__always)
    private static func repeated(_ byte: UInt8) -> UInt64 {
        0x0101_0101_0101_0101 &* UInt64(byte)
    }
}
