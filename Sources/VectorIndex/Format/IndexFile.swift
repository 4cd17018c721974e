import Kernels

/// The file of an index. All numbers are little-endian; every section starts on a multiple of 64 bytes, so that a mapping of
/// the file serves searches as it is. Version 2:
///
/// ```
/// offset  size  header
///      0     8  magic "PPHNSW\r\n" (the line end shows transfers that change it)
///      8     4  format version
///     12     4  header size in bytes, 512
///     16     8  file size in bytes
///     24     4  dimension
///     28     4  metric (raw value)
///     32     4  m
///     36     4  m0
///     40     4  efConstruction
///     44     4  efSearch
///     48     8  seed
///     56     8  slots
///     64     8  live slots
///     72     8  upper blocks: the sum of all slots' levels
///     80     4  entry point, 0xFFFFFFFF if empty
///     84     4  root of the spanning tree, 0xFFFFFFFF if empty
///     88     8  sequence number of the last change applied (the caller's)
///     96    32  fingerprint (the caller's: of the model, say)
///    128     4  format of the rows: 0 float32, 1 bfloat16, 2 float16
///    132     4  scheme of the codes: 0 automatic, 1 none, 2 one bit, 3 four bits, 4 eight bits
///    136     8  vectors when the codes were last made; 0 if there are none
///    144    48  zero
///    192   128  sections: eight times { offset 8, size without padding 8 }
///    320    32  eight CRC-32C of the sections, padding included
///    352   156  zero
///    508     4  CRC-32C of the bytes 0 ..< 508
/// ```
///
/// The sections follow the header in this order, each padded with zeros to 64 bytes:
///
/// ```
/// vectors   in their format [slots][stride], stride = dimension rounded up to cache lines; padding is 0
/// codes     bytes   [slots][record], see `CodeLayout`; empty without codes
/// code model  float32 [2][64][64] the matrices of the rotation, [D] the mean, [1] the root mean
///           square distance from it; empty
///           without codes
/// keys      uint64  [slots], 0 where free
/// levels    uint8   [slots], 0...15; the top bit is set where the slot is free
/// parents   uint32  [slots], in the spanning tree of level 0; 0xFFFFFFFF for the root and free slots
/// level 0   uint32  [slots][m0 rounded up to 16], neighbors' slots, then 0xFFFFFFFF to the end
/// upper     uint32  [upper blocks][m rounded up to 16], likewise, by slot and then by level from 1 up
/// ```
///
/// Version 1 is read too: a header of 256 bytes with the table of sections at 128 and their checksums at 228, no codes,
/// rows of float32, and blocks of m + 1 words that begin with the number of neighbors and end with zeros.
///
/// Offsets and sizes follow from the numbers of the header; they are stored for tools and must agree. Every byte of the
/// file is under exactly one checksum. The file is a cache: one that fails any check is deleted and built again.
struct IndexFile: Equatable {
    static let magic: [UInt8] = Array("PPHNSW\r\n".utf8)
    static let currentVersion: UInt32 = 2
    static let fingerprintSizeBytes = 32
    static let sectionAlignmentBytes = 64
    static let freeSlotBit: UInt8 = 0x80
    /// By their numbers in a file.
    static let rowFormats: [RowFormat] = [.float32, .bfloat16, .float16]
    static let codeSchemes: [CodeScheme] = [.automatic, .none, .oneBit, .fourBit, .eightBit]

    enum Section: CaseIterable {
        case vectors, codes, codeModel, keys, levels, parents, level0, upper
    }

    /// Where the fields of the header lie; those from `rowFormat` on in version 2.
    enum Offset {
        static let version = 8, headerSize = 12, fileSize = 16
        static let dimension = 24, metric = 28, m = 32, m0 = 36, efConstruction = 40, efSearch = 44, seed = 48
        static let slotCount = 56, liveCount = 64, upperBlockCount = 72, entryPoint = 80, root = 84
        static let lastSequence = 88, fingerprint = 96
        static let rowFormat = 128, codeScheme = 132, trainedCount = 136
    }

    var version = currentVersion
    var dimension: Int
    var metric: Metric
    var parameters: HNSWParameters
    var slotCount: Int
    var liveCount: Int
    var upperBlockCount: Int
    var entryPoint: UInt32
    var root: UInt32
    var lastSequence: UInt64
    var fingerprint: [UInt8]
    var trainedCount: Int

    // MARK: Shape

    var headerSizeBytes: Int { Self.headerSizeBytes(version: version) }
    var sections: [Section] {
        version == 1 ? Section.allCases.filter { ![.codes, .codeModel].contains($0) } : Section.allCases
    }
    private var sectionTableOffset: Int { version == 1 ? 128 : 192 }
    private var checksumTableOffset: Int { version == 1 ? 228 : 320 }
    var headerChecksumOffset: Int { headerSizeBytes - 4 }

    static func headerSizeBytes(version: UInt32) -> Int { version == 1 ? 256 : 512 }

    /// The layout of the codes; nil when there are none.
    var codeLayout: CodeLayout? {
        guard trainedCount > 0 else { return nil }
        return parameters.codes.resolved(dimension: dimension).kind.map { CodeLayout(kind: $0, dimension: dimension) }
    }

    /// Words of a block of links.
    func blockWords(degree: Int) -> Int { version == 1 ? degree + 1 : HNSWGraph.stride(degree: degree) }

    /// The size of a section without padding. Header numbers within their ranges cannot overflow it.
    func sizeBytes(_ section: Section) -> Int {
        switch section {
        case .vectors:
            slotCount * VectorRows.stride(dimension: dimension, format: parameters.rows)
                * parameters.rows.componentBytes
        case .codes: slotCount * (codeLayout?.strideBytes ?? 0)
        case .codeModel: codeLayout.map { (2 * Rotation.matrixSize + $0.dimension + 1) * 4 } ?? 0
        case .keys: slotCount * 8
        case .levels: slotCount
        case .parents: slotCount * 4
        case .level0: slotCount * blockWords(degree: parameters.m0) * 4
        case .upper: upperBlockCount * blockWords(degree: parameters.m) * 4
        }
    }

    /// The size of a section with its padding.
    func paddedSizeBytes(_ section: Section) -> Int {
        (sizeBytes(section) + Self.sectionAlignmentBytes - 1) / Self.sectionAlignmentBytes * Self.sectionAlignmentBytes
    }

    func offset(_ section: Section) -> Int {
        sections.prefix { $0 != section }.reduce(headerSizeBytes) { $0 + paddedSizeBytes($1) }
    }

    var fileSizeBytes: Int { sections.reduce(headerSizeBytes) { $0 + paddedSizeBytes($1) } }

    // MARK: Header

    /// The header with the given checksums of the sections, in order.
    func makeHeader(sectionChecksums: [UInt32]) -> [UInt8] {
        var header = HeaderBytes(bytes: Array(repeating: 0, count: headerSizeBytes))
        header.bytes.replaceSubrange(0..<Self.magic.count, with: Self.magic)
        header.store(version, at: Offset.version)
        header.store(UInt32(headerSizeBytes), at: Offset.headerSize)
        header.store(UInt64(fileSizeBytes), at: Offset.fileSize)
        header.store(UInt32(dimension), at: Offset.dimension)
        header.store(UInt32(metric.rawValue), at: Offset.metric)
        header.store(UInt32(parameters.m), at: Offset.m)
        header.store(UInt32(parameters.m0), at: Offset.m0)
        header.store(UInt32(parameters.efConstruction), at: Offset.efConstruction)
        header.store(UInt32(parameters.efSearch), at: Offset.efSearch)
        header.store(parameters.seed, at: Offset.seed)
        header.store(UInt64(slotCount), at: Offset.slotCount)
        header.store(UInt64(liveCount), at: Offset.liveCount)
        header.store(UInt64(upperBlockCount), at: Offset.upperBlockCount)
        header.store(entryPoint, at: Offset.entryPoint)
        header.store(root, at: Offset.root)
        header.store(lastSequence, at: Offset.lastSequence)
        header.bytes.replaceSubrange(
            Offset.fingerprint..<(Offset.fingerprint + Self.fingerprintSizeBytes), with: fingerprint)
        if version > 1 {
            header.store(UInt32(Self.rowFormats.firstIndex(of: parameters.rows) ?? 0), at: Offset.rowFormat)
            header.store(UInt32(Self.codeSchemes.firstIndex(of: parameters.codes) ?? 0), at: Offset.codeScheme)
            header.store(UInt64(trainedCount), at: Offset.trainedCount)
        }
        for (number, section) in sections.enumerated() {
            header.store(UInt64(offset(section)), at: sectionTableOffset + 16 * number)
            header.store(UInt64(sizeBytes(section)), at: sectionTableOffset + 16 * number + 8)
            header.store(sectionChecksums[number], at: checksumTableOffset + 4 * number)
        }
        header.store(header.checksum(before: headerChecksumOffset), at: headerChecksumOffset)
        return header.bytes
    }

    /// The checksums of the sections in a header, in order.
    func sectionChecksums(in header: HeaderBytes) -> [UInt32] {
        sections.indices.map { header.load(UInt32.self, at: checksumTableOffset + 4 * $0) }
    }
}
