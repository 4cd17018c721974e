import CKernels

/// CRC-32C (Castagnoli, RFC 3720 §12.1): finds every single error burst of up to 32 bits, hence every changed byte.
public struct CRC32C: Sendable {
    /// The checksum of the bytes so far; 0 at the start.
    public private(set) var value: UInt32 = 0
    private let level: SIMDLevel

    public init(level: SIMDLevel = .current) { self.level = level }

    /// Appends `bytes`: feeding parts one after another gives the checksum of the whole.
    public mutating func update(_ bytes: Span<UInt8>) {
        // SAFETY: the span keeps the bytes alive during the call, and its length bounds the reads.
        unsafe bytes.withUnsafeBufferPointer { unsafe uncheckedUpdate(UnsafeRawBufferPointer($0)) }
    }

    /// `update` with bytes that the caller keeps alive during the call.
    @unsafe
    public mutating func uncheckedUpdate(_ bytes: UnsafeRawBufferPointer) {
        value = unsafe ck_crc32c_at(level.cLevel, value, bytes.baseAddress, bytes.count)
    }
}
