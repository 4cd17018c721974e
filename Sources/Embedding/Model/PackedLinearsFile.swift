import Foundation
import Glibc
import Kernels

/// The packed linear layers of a model in a file beside its weights, so that the next start maps them instead of packing
/// again: `model.int8.packed`.
///
/// A header of `headerSizeBytes`, then the layers as they lie in memory. The header says in text what was packed from
/// what (times in whole seconds: copies and container images keep no more); a file with another header is stale and
/// replaced. The last 4 bytes of the header hold the
/// CRC-32C of everything else.
struct PackedLinearsFile {
    /// A multiple of the page, so that the layers start one.
    static let headerSizeBytes = 4096
    /// To be raised when the layout of packed weights, or how they are packed, changes.
    static let version = 1

    let path: String
    private let contentSizeBytes: Int
    private let header: [UInt8]

    init(_ folder: ModelFolder, _ precision: EmbeddingPrecision) {
        path = folder.path + "/model.\(precision.rawValue).packed"
        contentSizeBytes = PackedLinears.sizeBytes(folder.configuration, precision)
        let text = """
            packed linear layers \(Self.version) \(precision.rawValue)
            model \(folder.fingerprint)
            source \(folder.weights.sizeBytes) \(folder.weights.modificationSeconds)
            content \(contentSizeBytes)

            """
        let bytes = Array(text.utf8.prefix(Self.headerSizeBytes - 4))
        header = bytes + [UInt8](repeating: 0, count: Self.headerSizeBytes - 4 - bytes.count)
    }

    /// The layers; nil when the file is missing, stale or damaged.
    func load() -> PackedMemory? {
        guard let mapping = try? FileMapping(path: path),
            mapping.sizeBytes == Self.headerSizeBytes + contentSizeBytes,
            mapping.bytes(0..<header.count) == header
        else { return nil }
        let memory = mapping.memory(Self.headerSizeBytes..<mapping.sizeBytes)
        guard mapping.bytes(header.count..<Self.headerSizeBytes) == checksum(memory) else { return nil }
        return memory
    }

    /// Writes the file, or nothing at all where that is not allowed or there is no room: the next start packs again then.
    func save(_ memory: PackedMemory) {
        removeLeftovers()
        let temporary = path + ".\(UInt64.random(in: 0...UInt64.max)).tmp"
        let descriptor = unsafe open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { return }
        let isWritten =
            write(header + checksum(memory), to: descriptor) && memory.withBytes { write($0, to: descriptor) }
            && fsync(descriptor) == 0
        close(descriptor)
        let isInPlace = unsafe isWritten && rename(temporary, path) == 0
        if !isInPlace { unsafe unlink(temporary) }
    }

    /// Removes what writers that were killed an hour ago or earlier have left.
    private func removeLeftovers() {
        let location = URL(fileURLWithPath: path)
        let folder = location.deletingLastPathComponent()
        let files = try? FileManager.default.contentsOfDirectory(
            at: folder, includingPropertiesForKeys: [.contentModificationDateKey])
        for file in files ?? []
        where file.lastPathComponent.hasPrefix(location.lastPathComponent + ".") && file.pathExtension == "tmp" {
            let written = try? file.resourceValues(forKeys: [.contentModificationDateKey]).contentModificationDate
            if let written, written.timeIntervalSinceNow < -3_600 { try? FileManager.default.removeItem(at: file) }
        }
    }

    /// Of header and layers, as it stands in the file.
    private func checksum(_ memory: PackedMemory) -> [UInt8] {
        var checksum = CRC32C()
        checksum.update(header.span)
        memory.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { unsafe checksum.uncheckedUpdate($0) }
        }
        return (0..<4).map { UInt8(truncatingIfNeeded: checksum.value >> (8 * $0)) }
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
        unsafe write(bytes.span.bytes, to: descriptor)
    }

    private func write(_ bytes: RawSpan, to descriptor: Int32) -> Bool {
        // SAFETY: the span outlives the closure and bounds what is read.
        return unsafe bytes.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) -> Bool in
            var start = 0
            while start < bytes.count {
                let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[start...])
                let count = unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return false }
                start += count
            }
            return true
        }
    }
}

extension PackedLinears {
    /// The layers of a model: from the file of an earlier start, or packed now and written for the next.
    ///
    /// Packing checks that all weights are finite. Takes some 50 ms, for int8 half a second; mapping takes 2 ms.
    static func load(
        _ folder: ModelFolder, _ precision: EmbeddingPrecision, level: SIMDLevel = .current
    ) throws(EmbeddingError) -> PackedLinears {
        let file = PackedLinearsFile(folder, precision)
        if let memory = file.load() {
            return PackedLinears(memory: memory, folder.configuration, precision, level: level)
        }
        if let error = folder.weights.findNotFinite() { throw error }
        let ranges = precision == .int8 ? try Calibration.inputRanges(of: folder) : nil
        let linears = try PackedLinears(
            packing: folder.weights, folder.configuration, precision, ranges: ranges, level: level)
        file.save(linears.memory)
        folder.weights.forgetPages()
        return linears
    }
}
