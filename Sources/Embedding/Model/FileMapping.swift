import Glibc
import Kernels

/// A whole file mapped for reading.
@safe final class FileMapping: @unchecked Sendable {
    let sizeBytes: Int
    /// When the file was last written to, in seconds since 1970.
    let modificationSeconds: Int
    // SAFETY: read-only memory of `sizeBytes` bytes, mapped for as long as this object lives and never written.
    private let start: UnsafeRawPointer

    init(path: String) throws(EmbeddingError) {
        let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw errno == ENOENT ? .fileMissing(path: path) : .fileUnreadable(path: path, reason: Self.lastError())
        }
        defer { _ = close(descriptor) }
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw .fileUnreadable(path: path, reason: Self.lastError())
        }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_size > 0 else {
            throw .malformedFile(path: path, problem: "it is empty or not a regular file")
        }
        sizeBytes = Int(status.st_size)
        modificationSeconds = status.st_mtim.tv_sec
        guard let address = unsafe mmap(nil, sizeBytes, PROT_READ, MAP_SHARED, descriptor, 0),
            unsafe address != MAP_FAILED
        else {
            throw .fileUnreadable(path: path, reason: Self.lastError())
        }
        unsafe start = UnsafeRawPointer(address)
    }

    deinit {
        unsafe munmap(UnsafeMutableRawPointer(mutating: start), sizeBytes)
    }

    func bytes(_ range: Range<Int>) -> [UInt8] {
        precondition(range.lowerBound >= 0 && range.upperBound <= sizeBytes, "\(range) of \(sizeBytes) bytes")
        // SAFETY: inside the mapping, which `self` keeps.
        return unsafe Array(UnsafeRawBufferPointer(start: start + range.lowerBound, count: range.count))
    }

    /// The bytes of a range as memory for packed weights, which keeps the mapping.
    func memory(_ range: Range<Int>) -> PackedMemory {
        precondition(range.lowerBound >= 0 && range.upperBound <= sizeBytes, "\(range) of \(sizeBytes) bytes")
        // SAFETY: inside the mapping, which is page-aligned and never written; the owner unmaps it in deinit.
        return unsafe PackedMemory(start: start + range.lowerBound, sizeBytes: range.count, owner: self)
    }

    /// Gives the pages back to the system; they are read again when somebody asks.
    func forgetPages() {
        unsafe madvise(UnsafeMutableRawPointer(mutating: start), sizeBytes, MADV_DONTNEED)
    }

    func withHalves(_ range: Range<Int>, _ body: (Span<UInt16>) -> Void) {
        body(unsafe Span(_unsafeElements: elements(range, as: UInt16.self)))
    }

    func floats(_ range: Range<Int>) -> UnsafeBufferPointer<Float> {
        unsafe elements(range, as: Float.self)
    }

    private func elements<Element: BitwiseCopyable>(
        _ range: Range<Int>, as type: Element.Type
    ) -> UnsafeBufferPointer<Element> {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= sizeBytes
                && range.lowerBound % MemoryLayout<Element>.alignment == 0, "\(range) of \(sizeBytes) bytes")
        let count = range.count / MemoryLayout<Element>.stride
        // SAFETY: inside the mapping, which is page-aligned; whoever takes the buffer also keeps `self`.
        return unsafe UnsafeBufferPointer(
            start: (start + range.lowerBound).assumingMemoryBound(to: type), count: count)
    }

    private static func lastError() -> String {
        unsafe String(cString: strerror(errno))
    }
}
