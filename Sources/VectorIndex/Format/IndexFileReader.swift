import Glibc
import Kernels

/// Reads the file of an index and believes none of it: sizes are proven before memory is taken, checksums before numbers
/// are used, and numbers, links and vectors before an index exists.
struct IndexFileReader: ~Copyable {
    private let path: String
    private let file: FileDescriptor

    init(path: String) throws(VectorIndexError) {
        self.path = path
        file = try FileDescriptor(path: path, flags: O_RDONLY | O_NONBLOCK, operation: "open")
    }

    func read() throws(VectorIndexError) -> (index: HNSWIndex, lastSequence: UInt64, fingerprint: [UInt8]) {
        let fileSizeBytes = try file.sizeBytes()
        let header = HeaderBytes(bytes: try readHeader())
        let layout = try parse(header)
        guard fileSizeBytes == layout.fileSizeBytes else {
            throw damage(
                at: min(fileSizeBytes, layout.fileSizeBytes),
                "the file has \(fileSizeBytes) bytes instead of \(layout.fileSizeBytes)")
        }

        let rows = VectorRows(dimension: layout.dimension, metric: layout.metric)
        rows.grow(toHold: layout.slotCount)
        let vectors = unsafe rows.buffer.bytes(count: layout.slotCount * rows.stride)
        try unsafe readSection(.vectors, of: layout, header, into: UnsafeMutableRawBufferPointer(mutating: vectors))

        let keys = try readArray(.keys, of: layout, header, zero: UInt64(0))
        let levels = try readArray(.levels, of: layout, header, zero: UInt8(0))
        let parents = try readArray(.parents, of: layout, header, zero: UInt32(0))
        let graph = try makeGraph(layout, levels: levels, parents: parents)
        try unsafe graph.withBlocks { (level0, upper) throws(VectorIndexError) in
            try unsafe readSection(.level0, of: layout, header, into: level0)
            try unsafe readSection(.upper, of: layout, header, into: upper)
        }

        try checkVectors(rows, graph, layout)
        if let problem = GraphProof(graph: graph).firstProblem() {
            throw damage(at: layout.offset(.level0), problem)
        }
        var slots: [UInt64: UInt32] = [:]
        slots.reserveCapacity(layout.liveCount)
        for slot in 0..<layout.slotCount where graph.live[slot] {
            guard slots.updateValue(UInt32(slot), forKey: keys[slot]) == nil else {
                throw damage(at: layout.offset(.keys) + 8 * slot, "key \(keys[slot]) occurs twice")
            }
        }
        let index = HNSWIndex(parameters: layout.parameters, graph: graph, rows: rows, keys: keys, slots: slots)
        return (index, layout.lastSequence, layout.fingerprint)
    }

    private func damage(at offset: Int, _ check: String) -> VectorIndexError {
        .damagedFile(path: path, offset: offset, check: check)
    }

    // MARK: Header

    private func readHeader() throws(VectorIndexError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: IndexFile.headerSizeBytes)
        var span = bytes.mutableSpan
        let count = try unsafe span.withUnsafeMutableBytes { (buffer) throws(VectorIndexError) in
            try unsafe file.read(into: buffer, at: 0)
        }
        guard count == bytes.count else { throw damage(at: count, "the file ends within its header") }
        return bytes
    }

    /// Checks the header from its outer shell inwards: kind, version, checksum, ranges, sizes.
    private func parse(_ header: HeaderBytes) throws(VectorIndexError) -> IndexFile {
        typealias Offset = IndexFile.Offset
        guard header.bytes.starts(with: IndexFile.magic) else { throw damage(at: 0, "not the file of an index") }
        // A version that is wrong by damage fails the checksum; one that is right but foreign is named.
        let checksum = IndexFile.checksum(header.bytes.prefix(Offset.headerChecksum))
        guard checksum == header.load(UInt32.self, at: Offset.headerChecksum) else {
            throw damage(at: Offset.headerChecksum, "checksum of the header")
        }
        let version = header.load(UInt32.self, at: Offset.version)
        guard version == IndexFile.version else {
            throw .unsupportedVersion(path: path, expected: IndexFile.version, found: version)
        }
        func number(_ offset: Int) -> Int { Int(header.load(UInt32.self, at: offset)) }
        func count(_ offset: Int, atMost limit: Int) throws(VectorIndexError) -> Int {
            let value = header.load(UInt64.self, at: offset)
            guard value <= UInt64(limit) else { throw damage(at: offset, "count \(value) is over \(limit)") }
            return Int(value)
        }

        let dimension = number(Offset.dimension)
        guard HNSWIndex.dimensions.contains(dimension) else {
            throw damage(at: Offset.dimension, "dimension \(dimension)")
        }
        let rawMetric = number(Offset.metric)
        guard let metric = UInt8(exactly: rawMetric).flatMap(Metric.init(rawValue:)) else {
            throw damage(at: Offset.metric, "metric \(rawMetric)")
        }
        let parameters = HNSWParameters(
            m: number(Offset.m), m0: number(Offset.m0), efConstruction: number(Offset.efConstruction),
            efSearch: number(Offset.efSearch), seed: header.load(UInt64.self, at: Offset.seed))
        do { try parameters.validate() } catch { throw damage(at: Offset.m, "\(error)") }
        let slotCount = try count(Offset.slotCount, atMost: HNSWGraph.maximumSlotCount)
        let layout = IndexFile(
            dimension: dimension, metric: metric, parameters: parameters, slotCount: slotCount,
            liveCount: try count(Offset.liveCount, atMost: slotCount),
            upperBlockCount: try count(Offset.upperBlockCount, atMost: slotCount * HNSWGraph.maximumLevel),
            entryPoint: header.load(UInt32.self, at: Offset.entryPoint),
            root: header.load(UInt32.self, at: Offset.root),
            lastSequence: header.load(UInt64.self, at: Offset.lastSequence),
            fingerprint: Array(header.bytes[Offset.fingerprint..<(Offset.fingerprint + IndexFile.fingerprintSizeBytes)])
        )

        // What remains (header size, file size, table of sections, zeros) follows from the rest: build it and compare.
        let checksums = IndexFile.Section.allCases.map { sectionChecksum($0, header) }
        let expected = layout.makeHeader(sectionChecksums: checksums)
        if let offset = header.bytes.indices.first(where: { header.bytes[$0] != expected[$0] }) {
            throw damage(at: offset, "the header contradicts itself")
        }
        return layout
    }

    private func sectionChecksum(_ section: IndexFile.Section, _ header: HeaderBytes) -> UInt32 {
        header.load(UInt32.self, at: IndexFile.Offset.sectionChecksums + 4 * section.rawValue)
    }

    // MARK: Sections

    /// Fills `bytes`, which has the section's size, and checks the section's checksum with its padding.
    private func readSection(
        _ section: IndexFile.Section, of layout: IndexFile, _ header: HeaderBytes,
        into bytes: UnsafeMutableRawBufferPointer
    ) throws(VectorIndexError) {
        let offset = layout.offset(section)
        precondition(bytes.count == layout.sizeBytes(section), "\(bytes.count) bytes for section \(section)")
        let count = try unsafe file.read(into: bytes, at: offset)
        var padding = [UInt8](repeating: 0, count: layout.paddedSizeBytes(section) - bytes.count)
        var paddingSpan = padding.mutableSpan
        let paddingCount = try unsafe paddingSpan.withUnsafeMutableBytes { (buffer) throws(VectorIndexError) in
            try unsafe file.read(into: buffer, at: offset + bytes.count)
        }
        guard count == bytes.count, paddingCount == padding.count else {
            throw damage(at: offset + count, "the file ends within section \(section)")
        }
        var checksum = CRC32C()
        unsafe checksum.uncheckedUpdate(UnsafeRawBufferPointer(bytes))
        checksum.update(padding.span)
        guard checksum.value == sectionChecksum(section, header) else {
            throw damage(at: offset, "checksum of section \(section)")
        }
    }

    private func readArray<Element: BitwiseCopyable>(
        _ section: IndexFile.Section, of layout: IndexFile, _ header: HeaderBytes, zero: Element
    ) throws(VectorIndexError) -> [Element] {
        var array = Array(repeating: zero, count: layout.slotCount)
        var span = array.mutableSpan
        try unsafe span.withUnsafeMutableBytes { (buffer) throws(VectorIndexError) in
            try unsafe readSection(section, of: layout, header, into: buffer)
        }
        return array
    }

    // MARK: Contents

    /// An empty graph with the slots of the file; every number that its memory hangs on is proven here.
    private func makeGraph(
        _ layout: IndexFile, levels: [UInt8], parents: [UInt32]
    ) throws(VectorIndexError) -> HNSWGraph {
        let parameters = layout.parameters
        let graph = HNSWGraph(m: parameters.m, m0: parameters.m0, seed: parameters.seed)
        var upperBlockCount = 0
        for slot in 0..<layout.slotCount {
            let level = Int(levels[slot] & ~IndexFile.freeSlotBit)
            upperBlockCount += level
            guard level <= HNSWGraph.maximumLevel, upperBlockCount <= layout.upperBlockCount else {
                throw damage(at: layout.offset(.levels) + slot, "level \(level) of slot \(slot)")
            }
            let isLive = levels[slot] & IndexFile.freeSlotBit == 0
            graph.appendSlot(level: level, isLive: isLive, parent: parents[slot])
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

    /// Every vector is finite, within the limit of its metric, unit-length for cosine, and padded with zeros.
    private func checkVectors(_ rows: VectorRows, _ graph: HNSWGraph, _ layout: IndexFile) throws(VectorIndexError) {
        for slot in 0..<layout.slotCount {
            // SAFETY: rows were grown for every slot, and each has `stride` floats.
            let row = unsafe rows.row(UInt32(slot))
            let squaredNorm = unsafe Double(rows.kernels.uncheckedDot(row, row, count: rows.stride))
            let isSound =
                switch rows.metric {
                case .cosine: !graph.live[slot] && squaredNorm.isFinite || abs(squaredNorm - 1) < 1e-3
                case .dot, .l2: squaredNorm <= Metric.maximumSquaredNorm * 1.001
                }
            let isPadded = (rows.dimension..<rows.stride).allSatisfy { unsafe row[$0] == 0 }
            guard isSound, isPadded else {
                throw damage(at: layout.offset(.vectors) + slot * rows.stride * 4, "vector of slot \(slot)")
            }
        }
    }
}

extension HNSWIndex {
    /// Opens the file at `path` and checks all of it. Time: that of reading the file once, and of one look at each link.
    ///
    /// - Throws: `fileOperation`, `unsupportedVersion`, `damagedFile`. The last two mean: delete the file and rebuild.
    public static func open(
        path: String
    ) throws(VectorIndexError) -> (index: HNSWIndex, lastSequence: UInt64, fingerprint: [UInt8]) {
        try IndexFileReader(path: path).read()
    }
}
