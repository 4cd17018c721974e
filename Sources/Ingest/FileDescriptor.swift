import Glibc

/// An open file descriptor that closes itself: Ingest's whole need of a file system.
struct FileDescriptor: ~Copyable {
    let raw: Int32

    /// Takes over `raw`.
    init(owning raw: Int32) { self.raw = raw }

    deinit { _ = close(raw) }

    /// A regular file, opened read-only.
    static func openForReading(path: String) throws(IngestError) -> FileDescriptor {
        let raw = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard raw >= 0 else { throw .unreadable(reason: errorText(errno)) }
        let descriptor = FileDescriptor(owning: raw)
        var status = stat()
        guard fstat(raw, &status) == 0 else { throw .unreadable(reason: errorText(errno)) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .unreadable(reason: "it is not a regular file") }
        return descriptor
    }

    /// Everything from the current position to the end. Blocks.
    func readAll(limitBytes: Int) throws(IngestError) -> [UInt8] {
        var status = stat()
        if fstat(raw, &status) == 0, Int(status.st_size) > limitBytes {
            throw .fileTooLarge(sizeBytes: Int(status.st_size), limitBytes: limitBytes)
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(max(0, Int(status.st_size)), limitBytes) + 1)
        var piece = [UInt8](repeating: 0, count: 256 << 10)
        while true {
            let count = piece.withUnsafeMutableBytes { read(raw, $0.baseAddress, $0.count) }
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw .unreadable(reason: errorText(errno))
            }
            bytes += piece[..<count]
            if bytes.count > limitBytes { throw .fileTooLarge(sizeBytes: bytes.count, limitBytes: limitBytes) }
        }
    }
}

/// The operating system's text for an error number.
func errorText(_ number: Int32) -> String {
    guard let text = strerror(number) else { return "error \(number)" }
    return String(cString: text)
}
