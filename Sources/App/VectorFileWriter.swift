import ArgumentParser
import Foundation

/// Writes vectors in the formats of the field; a file appears under its name only when it is whole.
final class VectorFileWriter {
    private let format: Embed.Format
    private let path: String?
    private let handle: FileHandle
    private var isWhole = false

    /// - Parameter path: nil for standard output.
    init(path: String?, format: Embed.Format, count: Int, dimension: Int) throws {
        self.format = format
        self.path = path
        guard let path else {
            handle = .standardOutput
            return
        }
        let partial = Self.partialPath(path)
        guard FileManager.default.createFile(atPath: partial, contents: nil),
            let handle = FileHandle(forWritingAtPath: partial)
        else { throw ValidationError("Could not write \(partial): is its folder there and writable?") }
        self.handle = handle
        switch format {
        case .fbin: try handle.write(contentsOf: Self.fbinHeader(count: count, dimension: dimension))
        case .npy: try handle.write(contentsOf: Self.npyHeader(count: count, dimension: dimension))
        case .jsonl: break
        }
    }

    func append(_ vectors: [[Float]]) throws {
        var bytes = Data()
        for vector in vectors {
            switch format {
            case .fbin, .npy:
                for value in vector {
                    withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
                }
            case .jsonl:
                bytes.append(Data(("[" + vector.map(\.description).joined(separator: ",") + "]\n").utf8))
            }
        }
        try handle.write(contentsOf: bytes)
    }

    func close() throws {
        guard let path else { return }
        try handle.synchronize()
        try handle.close()
        guard rename(Self.partialPath(path), path) == 0 else {
            throw ValidationError("Could not move the finished file to \(path): \(String(cString: strerror(errno)))")
        }
        isWhole = true
    }

    deinit {
        if let path, !isWhole { unlink(Self.partialPath(path)) }
    }

    private static func partialPath(_ path: String) -> String { path + ".part" }

    private static func fbinHeader(count: Int, dimension: Int) -> Data {
        var bytes = Data()
        for value in [UInt32(count), UInt32(dimension)] {
            withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
        }
        return bytes
    }

    /// Magic, version 1.0, length of the dictionary, the dictionary padded so that the rows start at a multiple of 64.
    private static func npyHeader(count: Int, dimension: Int) -> Data {
        var dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(count), \(dimension)), }"
        let padding = (64 - (10 + dictionary.utf8.count + 1) % 64) % 64
        dictionary += String(repeating: " ", count: padding) + "\n"
        var bytes = Data([0x93]) + Data("NUMPY".utf8) + Data([1, 0])
        withUnsafeBytes(of: UInt16(dictionary.utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
        return bytes + Data(dictionary.utf8)
    }
}
