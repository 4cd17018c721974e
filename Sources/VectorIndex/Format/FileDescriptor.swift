import Glibc

/// An open file that closes itself; calls that a signal interrupts are made again.
struct FileDescriptor: ~Copyable {
    private let descriptor: Int32
    private let path: String

    init(path: String, flags: Int32, mode: mode_t = 0o600, operation: String) throws(VectorIndexError) {
        self.path = path
        descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC, mode)
        if descriptor < 0 { throw .fileOperation(path: path, operation: operation, code: errno) }
    }

    deinit { _ = Glibc.close(descriptor) }

    func sizeBytes() throws(VectorIndexError) -> Int {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else {
            throw .fileOperation(path: path, operation: "inspect", code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw .fileOperation(path: path, operation: "read as a regular file", code: EINVAL)
        }
        return Int(status.st_size)
    }

    /// Writes all of `bytes` at the current position.
    func write(_ bytes: UnsafeRawBufferPointer) throws(VectorIndexError) {
        var done = 0
        while done < bytes.count {
            // SAFETY: the caller lends the bytes for the call; the rest of the buffer bounds the write.
            let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[done...])
            let written = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
            if written < 0 && errno == EINTR { continue }
            guard written > 0 else { throw .fileOperation(path: path, operation: "write", code: errno) }
            done += written
        }
    }

    /// Fills `bytes` from `offset` on; returns how many there were before the end of the file.
    func read(into bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(VectorIndexError) -> Int {
        var done = 0
        while done < bytes.count {
            // SAFETY: the caller lends the buffer for the call; its rest bounds the read.
            let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: bytes[done...])
            let count = unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else { throw .fileOperation(path: path, operation: "read", code: errno) }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// The first `sizeBytes` bytes as private, writable memory; the caller unmaps it.
    @unsafe
    func map(sizeBytes: Int) throws(VectorIndexError) -> UnsafeMutableRawPointer {
        let memory = unsafe mmap(nil, sizeBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0)
        guard let memory = unsafe memory, unsafe memory != MAP_FAILED else {
            throw .fileOperation(path: path, operation: "map", code: errno)
        }
        return unsafe memory
    }

    /// Returns when the file, or the entries of the directory, are on the disk.
    func synchronize() throws(VectorIndexError) {
        guard fsync(descriptor) == 0 else {
            throw .fileOperation(path: path, operation: "make durable", code: errno)
        }
    }
}
