import Kernels

/// The file of an index, version 1. All numbers are little-endian; every section starts on a multiple of 64 bytes.
///
/// ```
/// offset  size  header
///      0     8  magic "PPHNSW\r\n" (the line end shows transfers that change it)
///      8     4  format version, 1
///     12     4  header size in bytes, 256
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
///    128    96  sections: six times { offset 8, size without padding 8 }
///    224     4  zero
///    228    24  six CRC-32C of the sections, padding included
///    252     4  CRC-32C of the bytes 0 ..< 252
/// ```
///
/// The sections follow the header in this order, each padded with zeros to 64 bytes:
///
/// ```
/// vectors   float32 [slots][stride], stride = dimension rounded up to 16; padding components are 0
/// keys      uint64  [slots], 0 where free
/// levels    uint8   [slots], 0...15; the top bit is set where the slot is free
/// parents   uint32  [slots], in the spanning tree of level 0; 0xFFFFFFFF for the root and free slots
/// level 0   uint32  [slots][m0 + 1], the count of neighbors, then their slots; the rest is 0
/// upper     uint32  [upper blocks][m + 1], by slot and then by level from 1 up
/// ```
///
/// Offsets and sizes follow from the numbers of the header; they are stored for tools and must agree. Every byte of the
/// file is under exactly one checksum. The file is a cache: one that fails any check is deleted and built again.
struct IndexFile: Equatable {
    static let magic: [UInt8] = Array("PPHNSW\r\n".utf8)
    static let version: UInt32 = 1
    static let headerSizeBytes = 256
    static let fingerprintSizeBytes = 32
    static let sectionAlignmentBytes = 64
    static let freeSlotBit: UInt8 = 0x80

    enum Section: Int, CaseIterable {
        case vectors, keys, levels, parents, level0, upper
    }

    /// Where the fields of the header lie.
    enum Offset {
        static let version = 8, headerSize = 12, fileSize = 16
        static let dimension = 24, metric = 28, m = 32, m0 = 36, efConstruction = 40, efSearch = 44, seed = 48
        static let slotCount = 56, liveCount = 64, upperBlockCount = 72, entryPoint = 80, root = 84
        static let lastSequence = 88, fingerprint = 96, sections = 128, sectionChecksums = 228, headerChecksum = 252
    }

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

    /// The size of a section without padding. Header numbers within their ranges cannot overflow it.
    func sizeBytes(_ section: Section) -> Int {
        switch section {
        case .vectors: slotCount * VectorRows.stride(dimension: dimension) * 4
        case .keys: slotCount * 8
        case .levels: slotCount
        case .parents: slotCount * 4
        case .level0: slotCount * (parameters.m0 + 1) * 4
        case .upper: upperBlockCount * (parameters.m + 1) * 4
        }
    }

    /// The size of a section with its padding.
    func paddedSizeBytes(_ section: Section) -> Int {
        (sizeBytes(section) + Self.sectionAlignmentBytes - 1) / Self.sectionAlignmentBytes * Self.sectionAlignmentBytes
    }

    func offset(_ section: Section) -> Int {
        Section.allCases.prefix(section.rawValue).reduce(Self.headerSizeBytes) { $0 + paddedSizeBytes($1) }
    }

    var fileSizeBytes: Int { offset(.upper) + paddedSizeBytes(.upper) }
}

// MARK: Bytes of the header

/// Little-endian numbers in an array of bytes; positions come from `IndexFile.Offset`, never from a file.
struct HeaderBytes {
    var bytes: [UInt8]

    mutating func store(_ value: some FixedWidthInteger, at offset: Int) {
        for index in 0..<(value.bitWidth / 8) {
            bytes[offset + index] = UInt8(truncatingIfNeeded: value >> (8 * index))
        }
    }

    func load<Value: FixedWidthInteger & UnsignedInteger>(_ type: Value.Type, at offset: Int) -> Value {
        (0..<(Value.bitWidth / 8)).reduce(0) { $0 | Value(bytes[offset + $1]) << (8 * $1) }
    }
}

extension IndexFile {
    /// The header with the given checksums of the sections, in order.
    func makeHeader(sectionChecksums: [UInt32]) -> [UInt8] {
        var header = HeaderBytes(bytes: Array(repeating: 0, count: Self.headerSizeBytes))
        header.bytes.replaceSubrange(0..<Self.magic.count, with: Self.magic)
        header.store(Self.version, at: Offset.version)
        header.store(UInt32(Self.headerSizeBytes), at: Offset.headerSize)
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
        for section in Section.allCases {
            let entry = Offset.sections + 16 * section.rawValue
            header.store(UInt64(offset(section)), at: entry)
            header.store(UInt64(sizeBytes(section)), at: entry + 8)
            header.store(sectionChecksums[section.rawValue], at: Offset.sectionChecksums + 4 * section.rawValue)
        }
        header.store(Self.checksum(header.bytes.prefix(Offset.headerChecksum)), at: Offset.headerChecksum)
        return header.bytes
    }

    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(bytes.span)
        return checksum.value
    }
}
