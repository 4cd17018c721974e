import Kernels
import Synchronization
import TestSupport
import Testing

@testable import VectorIndex

let someFingerprint = (0..<32).map { UInt8($0 * 7) }

/// A small index out of which a quarter of the vectors was removed again.
func makeChangedIndex(
    metric: Metric = .cosine, count: Int = 300, dimension: Int = 10, rows: RowFormat = .float32
) throws -> HNSWIndex {
    var data = SeededVectors(seed: 0xF11E)
    let vectors = data.clustered(count: count, dimension: dimension, clusters: 6, spread: 0.4)
    let index = try makeIndex(
        vectors, metric: metric, parameters: HNSWParameters(m: 4, m0: 8, efConstruction: 30, seed: 3, rows: rows))
    for key in stride(from: UInt64(1), to: UInt64(count), by: 4) { try index.remove(key: key) }
    return index
}

/// Every code scheme, metric and row format, though not every combination of them.
struct CodedSetup: Sendable, Hashable, CustomTestStringConvertible {
    let scheme: CodeScheme
    let metric: Metric
    let rows: RowFormat
    var testDescription: String { "\(scheme), \(metric), \(rows)" }

    static let all = [
        CodedSetup(scheme: .none, metric: .l2, rows: .bfloat16),
        CodedSetup(scheme: .oneBit, metric: .cosine, rows: .float32),
        CodedSetup(scheme: .fourBit, metric: .l2, rows: .float32),
        CodedSetup(scheme: .eightBit, metric: .dot, rows: .bfloat16),
    ]

    static func of(_ scheme: CodeScheme) -> CodedSetup { all.first { $0.scheme == scheme } ?? all[0] }

    /// An index that has codes: as small as one can be.
    func make() throws -> HNSWIndex {
        var data = SeededVectors(seed: 0xC0DE)
        let index = try makeBulkIndex(
            data.clustered(count: 1_060, dimension: 8, clusters: 9, spread: 0.4), metric: metric,
            parameters: HNSWParameters(m: 6, m0: 12, seed: 3, rows: rows, codes: scheme))
        for key in stride(from: UInt64(1), to: 1_060, by: 40) { try index.remove(key: key) }
        return index
    }

    private static let cache = Mutex<[CodedSetup: HNSWIndex]>([:])

    /// The same, made once, for tests that change nothing.
    var index: HNSWIndex {
        get throws {
            try Self.cache.withLock { cache in
                if let made = cache[self] { return made }
                let made = try make()
                cache[self] = made
                return made
            }
        }
    }
}

/// The bytes of an index file whose contents are changed and whose checksums are then made to fit.
struct ForgedFile {
    let path: String
    let layout: IndexFile
    private let original: [UInt8]
    private var header: HeaderBytes

    init(_ path: String) throws {
        self.path = path
        original = try readBytes(path)
        header = HeaderBytes(bytes: original)
        layout = try IndexFileHeader(path: path, header: header).parse()
    }

    var bytes: [UInt8] { header.bytes }

    func word(in section: IndexFile.Section, at offset: Int) -> UInt32 {
        header.load(UInt32.self, at: layout.offset(section) + offset)
    }

    func word(at offset: Int) -> UInt64 { header.load(UInt64.self, at: offset) }

    /// Where the checksum of a section stands in the header.
    func checksumOffset(_ section: IndexFile.Section) -> Int {
        (layout.version == 1 ? 228 : 320) + 4 * (layout.sections.firstIndex(of: section) ?? 0)
    }

    /// Puts back what was read.
    mutating func restore() { header.bytes = original }

    mutating func store(_ value: some FixedWidthInteger, in section: IndexFile.Section, at offset: Int) {
        header.store(value, at: layout.offset(section) + offset)
    }

    mutating func store(_ value: some FixedWidthInteger, at offset: Int) { header.store(value, at: offset) }

    /// Writes the file with checksums that fit.
    mutating func write() throws {
        for section in layout.sections {
            var sum = CRC32C()
            let start = layout.offset(section)
            sum.update(bytes[start..<(start + layout.paddedSizeBytes(section))].span)
            header.store(sum.value, at: checksumOffset(section))
        }
        header.store(header.checksum(before: layout.headerChecksumOffset), at: layout.headerChecksumOffset)
        try writeBytes(bytes, to: path)
    }
}

/// Who finds that a file is damaged.
enum DamageFinder: Equatable {
    case open
    case verify
    case nobody
}

/// Opens a file, searches it and verifies it. Damage that `open` leaves must be found by each that changes or writes, and
/// must not bring searches down.
func finderOfDamage(_ path: String, _ place: Comment) throws -> DamageFinder {
    let index: HNSWIndex
    do {
        index = try HNSWIndex.open(path: path).index
    } catch {
        #expect(error.isDamage(of: path), "\(error): \(place)")
        return .open
    }
    try searchInEveryWay(index)
    let count = index.count
    do {
        try index.verify()
        return .nobody
    } catch {
        #expect(error.isDamage(of: path), "\(error): \(place)")
    }
    let vector = Array(repeating: Float(1), count: index.dimension)
    let changes: [(String, () throws -> Void)] = [
        ("add", { try index.add(vector, key: 1 << 40) }), ("remove", { try index.remove(key: 0) }),
        ("write", { try index.write(toPath: path + ".new", lastSequence: 0, fingerprint: someFingerprint) }),
        ("verify", { try index.verify() }),
    ]
    for (name, change) in changes {
        #expect("\(name): \(place)") { try change() } throws: {
            ($0 as? VectorIndexError)?.isDamage(of: path) == true
        }
    }
    #expect(index.count == count, place)
    return .verify
}

extension VectorIndexError {
    fileprivate func isDamage(of path: String) -> Bool {
        if case .damagedFile(path, _, _) = self { return true }
        return false
    }
}

/// Every kind of search; what they find is not looked at.
func searchInEveryWay(_ index: HNSWIndex) throws {
    let query = (0..<index.dimension).map { Float($0) - 0.5 }
    let odd = index.makeBitmap { $0 % 2 == 1 }
    for allowed in [nil, odd] {
        for found in [
            try index.search(query, k: 5, allowed: allowed), try index.exactSearch(query, k: 5, allowed: allowed),
            try index.graphSearch(query, k: 5, efSearch: 20, allowed: allowed),
            try index.graphSearch(query, k: 5, efSearch: 20, allowed: allowed, hops: 2),
        ] { #expect(found.count <= 5) }
    }
    #expect(try index.searchBatch([query, query], k: 5).count == 2)
    #expect(try index.exactSearchBatch([query, query], k: 5).count == 2)
}
