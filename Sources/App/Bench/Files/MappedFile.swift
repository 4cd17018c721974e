import Foundation

/// A whole regular file, mapped for reading as long as the value lives.
///
/// Whoever shortens the file meanwhile stops the program by a bus error, as with every mapping.
final class MappedFile: Sendable {
    let path: String
    let sizeBytes: Int
    private let address: UInt

    /// - Throws: `MatrixFileError.system` or `.notARegularFile`.
    init(path: String) throws(MatrixFileError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw .system(path: path, operation: "open", code: errno) }
        defer { close(descriptor) }
        // Pipes cannot be sought, folders not be read; both are refused here.
        let end = lseek(descriptor, 0, SEEK_END)
        guard end >= 0, Self.isRegular(path) else { throw .notARegularFile(path: path) }
        self.path = path
        sizeBytes = Int(end)
        guard sizeBytes > 0 else {
            // Nothing can be mapped, and nothing will be read.
            address = 0
            return
        }
        guard let base = mmap(nil, sizeBytes, PROT_READ, MAP_PRIVATE, descriptor, 0), base != MAP_FAILED else {
            throw .system(path: path, operation: "map", code: errno)
        }
        address = UInt(bitPattern: base)
    }

    private static func isRegular(_ path: String) -> Bool {
        let attributes = try? FileManager.default.attributesOfItem(
            atPath: URL(filePath: path).resolvingSymlinksInPath().path(percentEncoded: false))
        return attributes?[.type] as? FileAttributeType == .typeRegular
    }

    deinit {
        if sizeBytes > 0 { munmap(UnsafeMutableRawPointer(bitPattern: address), sizeBytes) }
    }

    /// Lends the bytes to `body`, which must not keep the pointer.
    func withBytes<T, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> T
    ) throws(Failure) -> T {
        // SAFETY: the mapping has `sizeBytes` readable bytes and ends in deinit; `self` outlives the call.
        let result = try body(
            UnsafeRawBufferPointer(
                start: UnsafeRawPointer(bitPattern: address), count: sizeBytes))
        extendLifetime(self)
        return result
    }

    /// Gives the pages back to the system, so that they do not count as this process's memory; they are read anew
    /// when touched again.
    func releasePages() {
        if sizeBytes > 0 { madvise(UnsafeMutableRawPointer(bitPattern: address), sizeBytes, MADV_DONTNEED) }
    }
}
