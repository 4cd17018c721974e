import Foundation
import VectorIndex

/// The file of an index between two runs.
struct SavedIndex {
    let path: String
    /// Of the vectors and settings that the index must come from.
    let fingerprint: [UInt8]

    var exists: Bool { FileManager.default.fileExists(atPath: path) }

    /// - Throws: `BenchmarkDataError.foreignIndex`, `VectorIndexError`.
    func open(vectorCount: Int) throws -> HNSWIndex {
        let (index, _, found) = try HNSWIndex.open(path: path)
        guard found == fingerprint, index.count == vectorCount else {
            throw BenchmarkDataError.foreignIndex(path: path)
        }
        return index
    }

    func write(_ index: HNSWIndex) throws(VectorIndexError) {
        try index.write(toPath: path, lastSequence: 0, fingerprint: fingerprint)
    }

    /// Four FNV-1a hashes with different starts over the settings and all vectors: it tells data apart, and is no proof
    /// against people.
    static func fingerprint(settings: BenchmarkSettings, insertsOneByOne: Bool, base: VectorMatrix) -> [UInt8] {
        let text =
            "\(settings.metric) \(settings.rows) \(settings.codes) \(settings.m) \(settings.m0) "
            + "\(settings.efConstruction) \(insertsOneByOne) \(base.count) \(base.dimension)"
        var state = SIMD4<UInt64>(repeating: 0xcbf2_9ce4_8422_2325) ^ SIMD4(0, 1, 2, 3)
        func mix(_ value: UInt64) { state = (state ^ SIMD4(repeating: value)) &* SIMD4(repeating: 0x100_0000_01b3) }
        for byte in text.utf8 { mix(UInt64(byte)) }
        for value in base.values { mix(UInt64(value.bitPattern)) }
        return (0..<4).flatMap { lane in withUnsafeBytes(of: state[lane].littleEndian) { Array($0) } }
    }
}

/// An index that was opened instead of built.
struct OpenedIndexResult: ReportSection {
    let path: String
    let openSeconds: Double
    let memory: MemoryResult

    var table: ReportTable {
        ReportTable(
            title: "Opened \((path as NSString).lastPathComponent) in \(Figures.seconds(openSeconds)), not built",
            notes: memory.notes)
    }
}
