import Assist
import CRM
import Foundation
import Ingest

/// Writes a file that arrives in pieces, hashing as it goes. Methods block: call them on a ``Threads/ThreadPool``.
public final class FileArrival: @unchecked Sendable {
    // SAFETY (Sendable): one request writes one file, one piece after the other, waiting for each.
    private let path: String
    private let descriptor: Int32
    private var digest: SHA256?
    private var sizeBytes = 0
    private var isClosed = false

    /// - Throws: ``Ingest/IngestError/unreadable(reason:)`` when the file cannot be made.
    public init(path: String) throws(IngestError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw .unreadable(reason: Self.reason) }
        digest = SHA256()
    }

    deinit {
        if !isClosed {
            close(descriptor)
            unlink(path)
        }
    }

    public func write(_ bytes: some Sequence<UInt8>) throws(IngestError) {
        var rest = Array(bytes)[...]
        digest?.update(rest)
        sizeBytes += rest.count
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw .unreadable(reason: Self.reason) }
            rest = rest.dropFirst(written)
        }
    }

    /// Ends the file. Call once; without it the file is removed with this object.
    public func finish() -> ArrivedFile {
        let hash = digest.take()?.finish() ?? []
        isClosed = true
        close(descriptor)
        return ArrivedFile(path: path, sizeBytes: sizeBytes, sha256: hexadecimal(hash))
    }

    /// Copies a file of this machine.
    /// - Throws: ``Ingest/IngestError`` when it cannot be read or is larger than a document may be.
    public static func copy(_ source: String, to target: String) throws(IngestError) -> ArrivedFile {
        let input = open(source, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw .unreadable(reason: reason) }
        defer { close(input) }
        let arrival = try FileArrival(path: target)
        let limit = IngestLimits.standard.maximumFileBytes
        var buffer = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = read(input, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .unreadable(reason: reason) }
            if count == 0 { return arrival.finish() }
            try arrival.write(buffer[..<count])
            guard arrival.sizeBytes <= limit else {
                throw .fileTooLarge(sizeBytes: arrival.sizeBytes, limitBytes: limit)
            }
        }
    }

    private static var reason: String { String(cString: strerror(errno)) }
}
