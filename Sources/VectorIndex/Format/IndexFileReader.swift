import Glibc
import Kernels

/// Reads the file of an index and believes none of it: sizes are proven before memory is mapped, checksums before numbers
/// are used, and every link before a walk may follow it.
///
/// The sections stay in the mapping. What a search could at worst answer wrongly with (the vectors, and how links hang
/// together) is proven later, by `HNSWIndex.verify` or before the first change.
struct IndexFileReader {
    let path: String

    func read() throws(VectorIndexError) -> (index: HNSWIndex, lastSequence: UInt64, fingerprint: [UInt8]) {
        let file = try FileDescriptor(path: path, flags: O_RDONLY | O_NONBLOCK, operation: "open")
        let fileSizeBytes = try file.sizeBytes()
        let header = HeaderBytes(bytes: try readHeader(file))
        let layout = try IndexFileHeader(path: path, header: header).parse()
        guard fileSizeBytes == layout.fileSizeBytes else {
            throw damage(
                at: min(fileSizeBytes, layout.fileSizeBytes),
                "the file has \(fileSizeBytes) bytes instead of \(layout.fileSizeBytes)")
        }
        let mapping = try FileMapping(file, sizeBytes: fileSizeBytes)
        let sections = MappedSections(
            path: path, layout: layout, mapping: mapping, checksums: layout.sectionChecksums(in: header))
        for section in layout.sections where section != .vectors { try sections.check(section) }

        let graph = try makeGraph(sections)
        let proof = GraphProof(graph: graph)
        if let problem = proof.firstUnsafeLink() { throw damage(at: layout.offset(.level0), problem) }
        let rows = VectorRows(
            dimension: layout.dimension, metric: layout.metric, format: layout.parameters.rows,
            buffer: sections.buffer(.vectors))
        var codes = try makeCodes(sections)
        var trainedCount = layout.trainedCount
        if codes == nil, CodeTraining.isDue(count: layout.liveCount, trainedCount: 0) {
            // A file from before there were codes.
            trainedCount = layout.liveCount
            codes = try CodeTraining.makeCodes(
                scheme: layout.parameters.codes, rows: rows, slotCount: layout.slotCount, live: graph.live,
                seed: layout.parameters.seed)
        }
        let keys = try makeKeys(sections, graph)
        let index = HNSWIndex(
            parameters: layout.parameters, graph: graph, rows: rows, codes: codes, trainedCount: trainedCount,
            keys: keys, unlinked: graph.unlinkedSlots
        ) { () throws(VectorIndexError) in
            try sections.check(.vectors)
            try Self.checkVectors(rows, graph, sections)
            if let problem = proof.firstProblem() { throw sections.damage(.level0, problem) }
        }
        return (index, layout.lastSequence, layout.fingerprint)
    }

    private func damage(at offset: Int, _ check: String) -> VectorIndexError {
        .damagedFile(path: path, offset: offset, check: check)
    }

    private func readHeader(_ file: borrowing FileDescriptor) throws(VectorIndexError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: IndexFile.headerSizeBytes(version: IndexFile.currentVersion))
        var span = bytes.mutableSpan
        let count = try unsafe span.withUnsafeMutableBytes { (buffer) throws(VectorIndexError) in
            try unsafe file.read(into: buffer, at: 0)
        }
        return Array(bytes.prefix(count))
    }

    // MARK: Contents

    /// The graph over the mapped links; every number that its memory hangs on is proven here.
    private func makeGraph(_ sections: MappedSections) throws(VectorIndexError) -> HNSWGraph {
        let layout = sections.layout
        let parameters = layout.parameters
        let level0 = sections.links(.level0, blocks: layout.slotCount, degree: parameters.m0)
        let upper = sections.links(.upper, blocks: layout.upperBlockCount, degree: parameters.m)
        guard let level0, let upper else { throw sections.damage(.level0, "the number of a block's neighbors") }
        let graph = HNSWGraph(m: parameters.m, m0: parameters.m0, seed: parameters.seed, level0: level0, upper: upper)
        let levels = sections.array(.levels, of: UInt8.self, count: layout.slotCount)
        let parents = sections.array(.parents, of: UInt32.self, count: layout.slotCount)
        graph.reserve(layout.slotCount)
        var upperBlockCount = 0
        for slot in 0..<layout.slotCount {
            let level = Int(levels[slot] & ~IndexFile.freeSlotBit)
            upperBlockCount += level
            guard level <= HNSWGraph.maximumLevel, upperBlockCount <= layout.upperBlockCount else {
                throw damage(at: layout.offset(.levels) + slot, "level \(level) of slot \(slot)")
            }
            graph.appendSlot(
                level: level, isLive: levels[slot] & IndexFile.freeSlotBit == 0, parent: parents[slot])
        }
        guard upperBlockCount == layout.upperBlockCount else {
            throw damage(at: IndexFile.Offset.upperBlockCount, "count of upper blocks")
        }
        guard graph.liveCount == layout.liveCount else {
            throw damage(at: IndexFile.Offset.liveCount, "count of live slots")
        }
        graph.entryPoint = layout.entryPoint == HNSWGraph.noSlot ? nil : layout.entryPoint
        graph.root = layout.root == HNSWGraph.noSlot ? nil : layout.root
        return graph
    }

    /// The codes over the mapped records. Whatever numbers stand in them make wrong estimates at worst.
    private func makeCodes(_ sections: MappedSections) throws(VectorIndexError) -> VectorCodes? {
        guard let codeLayout = sections.layout.codeLayout else { return nil }
        let model = sections.array(
            .codeModel, of: Float.self, count: 2 * Rotation.matrixSize + codeLayout.dimension + 1)
        let mean = AlignedBuffer<Float>(capacity: codeLayout.dimension)
        for index in 0..<codeLayout.dimension { mean[index] = model[2 * Rotation.matrixSize + index] }
        let rotation = Rotation(
            dimension: sections.layout.dimension, matrices: Array(model.prefix(2 * Rotation.matrixSize)))
        guard model.allSatisfy(\.isFinite), model[model.count - 1] >= 0 else {
            throw sections.damage(.codeModel, "a number of the code model")
        }
        return VectorCodes(
            layout: codeLayout, metric: sections.layout.metric, rotation: rotation, mean: mean,
            meanResidualNorm: model[2 * Rotation.matrixSize + codeLayout.dimension],
            records: sections.buffer(.codes))
    }

    private func makeKeys(_ sections: MappedSections, _ graph: HNSWGraph) throws(VectorIndexError) -> KeyTable {
        let keys = sections.array(.keys, of: UInt64.self, count: sections.layout.slotCount)
        var duplicate = 0
        guard let table = KeyTable(keys: keys, isLive: { graph.live[$0] }, duplicate: &duplicate) else {
            throw damage(at: sections.layout.offset(.keys) + 8 * duplicate, "key \(keys[duplicate]) occurs twice")
        }
        return table
    }

    /// Every live vector is finite, within the limit of its metric, unit-length or zero for cosine, and padded with zeros.
    private static func checkVectors(
        _ rows: VectorRows, _ graph: HNSWGraph, _ sections: MappedSections
    ) throws(VectorIndexError) {
        let vector = AlignedBuffer<Float>(capacity: rows.stride)
        let tolerance = rows.format == .float32 ? 1e-3 : 1e-2
        for slot in 0..<graph.slotCount where graph.live[slot] {
            // SAFETY: rows lie in the mapping for every slot, and each has `stride` components.
            let row = unsafe vector.base
            unsafe rows.load(UInt32(slot), into: row)
            let squaredNorm = unsafe Double(rows.kernels.uncheckedDot(row, row, count: rows.stride))
            let isSound =
                switch rows.metric {
                case .cosine: squaredNorm == 0 || abs(squaredNorm - 1) < tolerance
                case .dot, .l2: squaredNorm <= Metric.maximumSquaredNorm * (1 + tolerance)
                }
            guard isSound, (rows.dimension..<rows.stride).allSatisfy({ unsafe row[$0] == 0 }) else {
                throw .damagedFile(
                    path: sections.path, offset: sections.layout.offset(.vectors) + slot * rows.rowBytes,
                    check: "vector of slot \(slot)")
            }
        }
    }
}

extension HNSWIndex {
    /// Opens the file at `path` for searches from a mapping of it: 200,000 vectors of 384 dimensions in 29 ms once their
    /// links are in memory. The vectors, which at worst make wrong answers, are checked by `verify` or by the first change.
    ///
    /// The file may be replaced or removed while the index lives, but not written to.
    ///
    /// - Throws: `fileOperation`, `unsupportedVersion`, `damagedFile`. The last two mean: delete the file and rebuild.
    public static func open(
        path: String
    ) throws(VectorIndexError) -> (index: HNSWIndex, lastSequence: UInt64, fingerprint: [UInt8]) {
        try IndexFileReader(path: path).read()
    }
}
