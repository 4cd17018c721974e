import Glibc

/// The pages of a file in memory, private to this process: what is written to them never reaches the file.
///
/// Pages are read when they are touched. Should another program cut the file short meanwhile, touching what is gone ends
/// this process (SIGBUS); our writer never does that, it replaces files by renaming.
@safe
final class FileMapping: Sendable {
    // SAFETY (Sendable): address and size never change; who writes to the pages keeps its own order.
    nonisolated(unsafe) let base: UnsafeMutableRawPointer
    let sizeBytes: Int

    /// Maps the first `sizeBytes` bytes, at least 1, of an open file.
    init(_ file: borrowing FileDescriptor, sizeBytes: Int) throws(VectorIndexError) {
        precondition(sizeBytes > 0, "a mapping of \(sizeBytes) bytes")
        unsafe base = try file.map(sizeBytes: sizeBytes)
        self.sizeBytes = sizeBytes
    }

    deinit { unsafe munmap(base, sizeBytes) }
}
