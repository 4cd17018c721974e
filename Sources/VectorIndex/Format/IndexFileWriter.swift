import Glibc
import Kernels

/// Writes the file of an index: whole or not at all.
///
/// The bytes go to `path` + ".partial", are made durable, and take the name `path` in one step, which is made durable
/// too. A crash leaves the old file or the new one under `path`, and perhaps a partial one that the next write replaces.
/// Two writers of one path at a time are the caller's to prevent.
struct IndexFileWriter {
    let index: HNSWIndex
    let lastSequence: UInt64
    let fingerprint: [UInt8]

    func write(toPath path: String) throws(VectorIndexError) {
        guard fingerprint.count == IndexFile.fingerprintSizeBytes else {
            throw .invalidFingerprint(expectedBytes: IndexFile.fingerprintSizeBytes, foundBytes: fingerprint.count)
        }
        let partialPath = path + ".partial"
        do throws(VectorIndexError) {
            try writeContents(to: partialPath)
            guard unsafe rename(partialPath, path) == 0 else {
                throw .fileOperation(path: path, operation: "replace", code: errno)
            }
        } catch {
            unsafe unlink(partialPath)
            throw error
        }
        let directory = try FileDescriptor(
            path: Self.directory(of: path), flags: O_RDONLY | O_DIRECTORY, operation: "open the directory")
        try directory.synchronize()
    }

    private func writeContents(to path: String) throws(VectorIndexError) {
        let graph = index.graph
        let layout = IndexFile(
            dimension: index.dimension, metric: index.metric, parameters: index.parameters,
            slotCount: graph.slotCount, liveCount: graph.liveCount, upperBlockCount: graph.upperBlockCount,
            entryPoint: graph.entryPoint ?? HNSWGraph.noSlot, root: graph.root ?? HNSWGraph.noSlot,
            lastSequence: lastSequence, fingerprint: fingerprint,
            trainedCount: index.codes == nil ? 0 : index.trainedCount)
        var checksums: [UInt32] = []
        for section in layout.sections {
            var checksum = CRC32C()
            try unsafe withBytes(of: section, layout) { (bytes) throws(VectorIndexError) in
                unsafe checksum.uncheckedUpdate(bytes)
            }
            checksum.update(Self.padding(of: section, in: layout).span)
            checksums.append(checksum.value)
        }

        let file = try FileDescriptor(path: path, flags: O_WRONLY | O_CREAT | O_TRUNC, operation: "create")
        try Self.write(layout.makeHeader(sectionChecksums: checksums), to: file)
        for section in layout.sections {
            try unsafe withBytes(of: section, layout) { (bytes) throws(VectorIndexError) in
                try unsafe file.write(bytes)
            }
            try Self.write(Self.padding(of: section, in: layout), to: file)
        }
        try file.synchronize()
    }

    /// Lends the bytes of a section, most of which are those in memory.
    private func withBytes(
        of section: IndexFile.Section, _ layout: IndexFile,
        _ body: (UnsafeRawBufferPointer) throws(VectorIndexError) -> Void
    ) throws(VectorIndexError) {
        // SAFETY: the caller keeps changes out of the index while it is written.
        let graph = index.graph
        let sizeBytes = layout.sizeBytes(section)
        switch section {
        case .vectors: try unsafe body(index.rows.buffer.bytes(count: sizeBytes))
        case .codes: if let codes = index.codes { try unsafe body(codes.records.bytes(count: sizeBytes)) }
        case .codeModel:
            guard let codes = index.codes else { return }
            let mean = (0..<codes.layout.dimension).map { codes.mean[$0] }
            try unsafe Self.withBytes(of: codes.rotation.matrices + mean + [codes.meanResidualNorm], body)
        case .keys: try unsafe Self.withBytes(of: index.keys.keys, body)
        case .levels:
            let levels = zip(graph.levels, graph.live).map { $1 ? $0 : $0 | IndexFile.freeSlotBit }
            try unsafe Self.withBytes(of: levels, body)
        case .parents: try unsafe Self.withBytes(of: graph.parents, body)
        case .level0: try unsafe body(graph.level0Bytes)
        case .upper: try unsafe body(graph.upperBytes)
        }
    }

    private static func withBytes<Element: BitwiseCopyable>(
        of array: [Element], _ body: (UnsafeRawBufferPointer) throws(VectorIndexError) -> Void
    ) throws(VectorIndexError) {
        let span = array.span
        try unsafe span.withUnsafeBytes { (bytes) throws(VectorIndexError) in try unsafe body(bytes) }
    }

    private static func write(_ bytes: [UInt8], to file: borrowing FileDescriptor) throws(VectorIndexError) {
        let span = bytes.span
        try unsafe span.withUnsafeBytes { (bytes) throws(VectorIndexError) in try unsafe file.write(bytes) }
    }

    private static func padding(of section: IndexFile.Section, in layout: IndexFile) -> [UInt8] {
        Array(repeating: 0, count: layout.paddedSizeBytes(section) - layout.sizeBytes(section))
    }

    static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
