import Glibc

/// A growable run of plain values that starts on a cache line, zero-filled; large ones ask for huge pages.
///
/// The subscript is checked. Loops that have proven their indexes take `base` once and use it until the next `grow`.
@safe
final class AlignedBuffer<Element: BitwiseCopyable> {
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var capacity: Int

    init(capacity: Int) {
        unsafe base = Self.allocate(capacity)
        self.capacity = capacity
    }

    deinit { unsafe base.deallocate() }

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
        let newBase = unsafe Self.allocate(newCapacity)
        // SAFETY: both runs hold at least `capacity` elements, and the new one was allocated a line above.
        unsafe newBase.update(from: base, count: capacity)
        unsafe base.deallocate()
        unsafe base = newBase
        capacity = newCapacity
    }

    /// The first `count` elements as bytes, valid until the next `grow`.
    func bytes(count: Int) -> UnsafeRawBufferPointer {
        precondition(count >= 0 && count <= capacity, "\(count) elements of \(capacity)")
        return unsafe UnsafeRawBufferPointer(start: base, count: count * MemoryLayout<Element>.stride)
    }

    private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Element> {
        let cacheLineBytes = 64
        let hugePageBytes = 2 << 20
        let sizeBytes = max(capacity, 1) * MemoryLayout<Element>.stride
        let isLarge = sizeBytes >= 2 * hugePageBytes
        let memory = UnsafeMutableRawPointer.allocate(
            byteCount: sizeBytes, alignment: isLarge ? hugePageBytes : cacheLineBytes)
        // A wish: where the system has no huge pages the call fails and changes nothing.
        if isLarge { unsafe madvise(memory, sizeBytes, MADV_HUGEPAGE) }
        unsafe memset(memory, 0, sizeBytes)
        return unsafe memory.bindMemory(to: Element.self, capacity: max(capacity, 1))
    }
}
