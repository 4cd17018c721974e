import Glibc

/// A growable run of plain values that starts on a cache line, zero-filled.
///
/// A large run is mapped from the system: its pages cost memory only once they are written, and huge pages are asked for,
/// which make random reads a quarter faster.
///
/// A run may also lie in the mapping of a file. It is then moved to memory of its own when it grows.
///
/// The subscript is checked. Loops that have proven their indexes take `base` once and use it until the next `grow`.
@safe
final class AlignedBuffer<Element: BitwiseCopyable>: @unchecked Sendable {
    // SAFETY (Sendable): the memory has no order of its own. Its owners see to it that no thread reads what another writes
    // at the time, by locks or by giving each thread elements of its own.
    private(set) var base: UnsafeMutablePointer<Element>
    private(set) var capacity: Int
    private var storage: Storage

    private enum Storage {
        case heap
        case mapped
        /// Within the mapping, which this keeps alive.
        case file(FileMapping)
    }

    private static var cacheLineBytes: Int { 64 }
    private static var mappedFromBytes: Int { 4 << 20 }

    init(capacity: Int) {
        unsafe (base, storage) = Self.allocate(capacity)
        self.capacity = capacity
    }

    /// `capacity` elements in the mapping of a file, from `offsetBytes` on, a multiple of the element's alignment.
    init(_ mapping: FileMapping, offsetBytes: Int, capacity: Int) {
        let sizeBytes = capacity * MemoryLayout<Element>.stride
        precondition(
            offsetBytes >= 0 && capacity >= 0 && offsetBytes + sizeBytes <= mapping.sizeBytes
                && offsetBytes % MemoryLayout<Element>.alignment == 0,
            "\(sizeBytes) bytes at \(offsetBytes) of a mapping of \(mapping.sizeBytes)")
        // SAFETY: the run lies within the mapping by the check above, and `storage` keeps the mapping.
        unsafe base = (mapping.base + offsetBytes).bindMemory(to: Element.self, capacity: max(capacity, 1))
        self.capacity = capacity
        storage = .file(mapping)
    }

    deinit { unsafe Self.free(base, capacity, storage) }

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
        move(toCapacity: max(needed, capacity * 2))
    }

    /// Makes room for exactly `needed` elements where there is less; for a size that is known beforehand.
    func reserve(_ needed: Int) {
        guard needed > capacity else { return }
        move(toCapacity: needed)
    }

    private func move(toCapacity newCapacity: Int) {
        let (newBase, newStorage) = unsafe Self.allocate(newCapacity)
        // SAFETY: both runs hold at least `capacity` elements, and the new one was allocated a line above.
        unsafe newBase.update(from: base, count: capacity)
        unsafe Self.free(base, capacity, storage)
        unsafe base = newBase
        capacity = newCapacity
        storage = newStorage
    }

    /// The first `count` elements as bytes, valid until the next `grow`.
    func bytes(count: Int) -> UnsafeRawBufferPointer {
        precondition(count >= 0 && count <= capacity, "\(count) elements of \(capacity)")
        return unsafe UnsafeRawBufferPointer(start: base, count: count * MemoryLayout<Element>.stride)
    }

    private static func sizeBytes(_ capacity: Int) -> Int { max(capacity, 1) * MemoryLayout<Element>.stride }

    private static func allocate(_ capacity: Int) -> (base: UnsafeMutablePointer<Element>, storage: Storage) {
        let sizeBytes = sizeBytes(capacity)
        let count = max(capacity, 1)
        if sizeBytes >= mappedFromBytes,
            let memory = unsafe mmap(nil, sizeBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
            unsafe memory != MAP_FAILED
        {
            // A wish: where the system has no huge pages the call fails and changes nothing.
            unsafe madvise(memory, sizeBytes, MADV_HUGEPAGE)
            return unsafe (memory.bindMemory(to: Element.self, capacity: count), .mapped)
        }
        let memory = UnsafeMutableRawPointer.allocate(byteCount: sizeBytes, alignment: cacheLineBytes)
        unsafe memset(memory, 0, sizeBytes)
        return unsafe (memory.bindMemory(to: Element.self, capacity: count), .heap)
    }

    /// SAFETY: called with what `allocate` gave for this capacity, once.
    private static func free(_ base: UnsafeMutablePointer<Element>, _ capacity: Int, _ storage: Storage) {
        switch storage {
        case .heap: unsafe base.deallocate()
        case .mapped: unsafe munmap(base, sizeBytes(capacity))
        case .file: break
        }
    }
}
