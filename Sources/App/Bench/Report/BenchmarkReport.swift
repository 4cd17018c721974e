import Foundation

/// Everything that one run measured; members of parts that were left out are nil.
struct BenchmarkReport: Encodable {
    let settings: BenchmarkSettings
    let machine: Machine
    var build: BuildResult?
    var openedIndex: OpenedIndexResult?
    var truth: TruthResult?
    var curve: CurveResult?
    var cost: CostResult?
    var batch: BatchResult?
    var exact: ExactResult?
    var filter: FilterResult?
    var open: OpenResult?
    var replace: ReplaceResult?
    var insert: InsertResult?
}

/// What was asked for.
struct BenchmarkSettings: Encodable {
    let base: String
    let queries: String
    let truth: String?
    let metric: String
    let rows: String
    let codes: String
    let m: Int
    let m0: Int
    let efConstruction: Int
    let threads: Int
    let passes: Int
    let vectors: Int
    let queryCount: Int
    let dimension: Int
    var k = BenchmarkData.k
}

/// Settings and machine, the first section that people see.
struct ReportHead: ReportSection {
    let settings: BenchmarkSettings
    let machine: Machine

    var table: ReportTable {
        let it = settings
        return ReportTable(
            title: "\((it.base as NSString).lastPathComponent): \(Figures.count(it.vectors)) × \(it.dimension), "
                + "\(it.metric), \(Figures.count(it.queryCount)) queries",
            notes: [
                "\(it.rows) rows, codes \(it.codes), m \(it.m), m0 \(it.m0), efConstruction \(it.efConstruction)",
                "passes \(it.passes): q/s is their median, best the fastest; q/CPU s leaves out waiting for a processor",
                "\(machine.processor), \(machine.cores) cores, load \(Figures.ratio(machine.loadAverage))",
            ])
    }
}

extension Output {
    /// One object; the names of its members in snake_case.
    static func jsonInSnakeCase(_ value: some Encodable) throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        line(String(decoding: try encoder.encode(value), as: UTF8.self))
    }
}
