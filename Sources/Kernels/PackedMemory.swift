/// Memory that packed weights lie in: allocated here, or a file mapped by someone else. Any number of threads may read it
/// once it is filled.
@safe public final class PackedMemory: @unchecked Sendable {
    /// Packed weights start at a multiple of this.
    public static let alignment = 64

    public let sizeBytes: Int
    // SAFETY (Sendable): written by `PackedLayout.pack` alone, on memory of its own, before it is shared.
    private let start: UnsafeMutableRawPointer
    private let owner: AnyObject?

    /// Zeros.
    public init(sizeBytes: Int) {
        precondition(sizeBytes >= 0, "\(sizeBytes) bytes")
        self.sizeBytes = sizeBytes
        owner = nil
        unsafe start = UnsafeMutableRawPointer.allocate(byteCount: max(sizeBytes, 1), alignment: Self.alignment)
        unsafe start.initializeMemory(as: UInt8.self, repeating: 0, count: sizeBytes)
    }

    /// `sizeBytes` constant bytes from `start` on, which `owner` keeps. `start` must be aligned.
    @unsafe
    public init(start: UnsafeRawPointer, sizeBytes: Int, owner: AnyObject) {
        precondition(UInt(bitPattern: start) % UInt(Self.alignment) == 0, "memory that is not aligned")
        self.sizeBytes = sizeBytes
        self.owner = owner
        unsafe self.start = UnsafeMutableRawPointer(mutating: start)
    }

    deinit {
        if owner == nil { unsafe start.deallocate() }
    }

    /// Whether the memory was allocated here and may be written.
    var isOwned: Bool { owner == nil }

    /// The whole content.
    public func withBytes<Result>(_ body: (RawSpan) -> Result) -> Result {
        // SAFETY: the span lives inside the call, `self` outlives it.
        body(unsafe RawSpan(_unsafeStart: start, byteCount: sizeBytes))
    }

    /// The address of `count` elements from byte `offset` on; they lie inside this memory.
    @unsafe
    func elements<Element: BitwiseCopyable>(
        _ type: Element.Type, at offset: Int, count: Int
    ) -> UnsafeMutablePointer<Element> {
        let (length, overflow) = count.multipliedReportingOverflow(by: MemoryLayout<Element>.stride)
        precondition(
            !overflow && count >= 0 && offset >= 0 && offset <= sizeBytes && length <= sizeBytes - offset
                && offset % MemoryLayout<Element>.alignment == 0,
            "\(count) elements at byte \(offset) of \(sizeBytes)")
        return unsafe (start + offset).bindMemory(to: type, capacity: count)
    }
}
