/// Checks the header of an index file from its outer shell inwards: kind, checksum, version, ranges, sizes.
struct IndexFileHeader {
    let path: String
    let header: HeaderBytes

    private func damage(at offset: Int, _ check: String) -> VectorIndexError {
        .damagedFile(path: path, offset: offset, check: check)
    }

    private func number(_ offset: Int) -> Int { Int(header.load(UInt32.self, at: offset)) }

    private func count(_ offset: Int, atMost limit: Int) throws(VectorIndexError) -> Int {
        let value = header.load(UInt64.self, at: offset)
        guard value <= UInt64(limit) else { throw damage(at: offset, "count \(value) is over \(limit)") }
        return Int(value)
    }

    /// The element whose number stands in the header.
    private func choice<Value>(
        _ offset: Int, of values: [Value], _ name: String
    ) throws(VectorIndexError) -> Value {
        guard values.indices.contains(number(offset)) else { throw damage(at: offset, "\(name) \(number(offset))") }
        return values[number(offset)]
    }

    func parse() throws(VectorIndexError) -> IndexFile {
        typealias Offset = IndexFile.Offset
        let smallest = IndexFile.headerSizeBytes(version: 1)
        guard header.bytes.count >= smallest else {
            throw damage(at: header.bytes.count, "the file ends within its header")
        }
        guard header.bytes.starts(with: IndexFile.magic) else { throw damage(at: 0, "not the file of an index") }
        let version = header.load(UInt32.self, at: Offset.version)
        // A version that is wrong by damage fails the checksum; one that is right but foreign is named.
        let headerSize = IndexFile.headerSizeBytes(version: version)
        guard header.bytes.count >= headerSize else {
            throw damage(at: header.bytes.count, "the file ends within its header")
        }
        guard header.checksum(before: headerSize - 4) == header.load(UInt32.self, at: headerSize - 4) else {
            throw damage(at: headerSize - 4, "checksum of the header")
        }
        guard (1...IndexFile.currentVersion).contains(version) else {
            throw .unsupportedVersion(path: path, expected: IndexFile.currentVersion, found: version)
        }
        let dimension = number(Offset.dimension)
        guard HNSWIndex.dimensions.contains(dimension) else {
            throw damage(at: Offset.dimension, "dimension \(dimension)")
        }
        var parameters = HNSWParameters(
            m: number(Offset.m), m0: number(Offset.m0), efConstruction: number(Offset.efConstruction),
            efSearch: number(Offset.efSearch), seed: header.load(UInt64.self, at: Offset.seed))
        if version > 1 {
            parameters.rows = try choice(Offset.rowFormat, of: IndexFile.rowFormats, "format of the rows")
            parameters.codes = try choice(Offset.codeScheme, of: IndexFile.codeSchemes, "scheme of the codes")
        }
        do { try parameters.validate() } catch { throw damage(at: Offset.m, "\(error)") }
        let slotCount = try count(Offset.slotCount, atMost: HNSWGraph.maximumSlotCount)
        let layout = IndexFile(
            version: version, dimension: dimension, metric: try choice(Offset.metric, of: Metric.allCases, "metric"),
            parameters: parameters, slotCount: slotCount,
            liveCount: try count(Offset.liveCount, atMost: slotCount),
            upperBlockCount: try count(Offset.upperBlockCount, atMost: slotCount * HNSWGraph.maximumLevel),
            entryPoint: header.load(UInt32.self, at: Offset.entryPoint),
            root: header.load(UInt32.self, at: Offset.root),
            lastSequence: header.load(UInt64.self, at: Offset.lastSequence),
            fingerprint: Array(
                header.bytes[Offset.fingerprint..<(Offset.fingerprint + IndexFile.fingerprintSizeBytes)]),
            trainedCount: version > 1 ? try count(Offset.trainedCount, atMost: HNSWGraph.maximumSlotCount) : 0)

        // What remains (header size, file size, table of sections, zeros) follows from the rest: build it and compare.
        let expected = layout.makeHeader(sectionChecksums: layout.sectionChecksums(in: header))
        if let offset = expected.indices.first(where: { header.bytes[$0] != expected[$0] }) {
            throw damage(at: offset, "the header contradicts itself")
        }
        return layout
    }
}
