import ArgumentParser
import Foundation
import VectorIndex

extension Bench {
    struct Index: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measures the vector index: build, recall against speed, batches, filters, changes, files.",
            discussion: """
                Vectors are handed to the index as they are; the key of a vector is its row number, from 0.
                  fbin   uint32 count, uint32 dimension, then float32 rows, little-endian
                  ibin   uint32 count, uint32 k, then int32 row numbers, nearest first
                  npy    NumPy's format, float32 for vectors, int32 or int64 for row numbers, C order
                Searches are made one at a time on one thread unless said otherwise; recall is that of 10 neighbors.
                  propertypro bench index --base base.fbin --queries queries.fbin --truth truth.ibin
                  propertypro bench index --base base.npy --queries queries.npy --parts curve,open --json
                """)

        enum MetricName: String, ExpressibleByArgument, CaseIterable {
            case cosine, dot, l2

            var metric: Metric {
                switch self {
                case .cosine: .cosine
                case .dot: .dot
                case .l2: .l2
                }
            }
        }

        @Option(name: .long, help: "File of the vectors to index: .fbin or .npy.") var base: String
        @Option(name: .long, help: "File of the vectors to search for: .fbin or .npy.") var queries: String
        @Option(name: .long, help: "File of the true neighbors: .ibin or .npy. (default: found by exact search)")
        var truth: String?
        @Option(name: .long, help: "Index only the first so many vectors.") var limit: Int?
        @Option(name: .long, help: "cosine, dot or l2.") var metric = MetricName.cosine
        @Option(name: .long, help: "How full vectors are kept.") var rows = RowFormat.float32
        @Option(name: .long, help: "Codes that the walk reads.") var codes = CodeScheme.automatic
        @Option(name: .customLong("m"), help: "Neighbors of a node on upper levels.") var m = HNSWParameters().m
        @Option(name: .customLong("m0"), help: "Neighbors of a node on level 0.") var m0 = HNSWParameters().m0
        @Option(name: .long, help: "Candidates when building.") var efConstruction = HNSWParameters().efConstruction
        @Option(name: .long, help: "Saved index: opened if it is there, else built and written.") var index: String?
        @Flag(name: .long, help: "Build by single inserts on one thread instead of all at once.")
        var insertOneByOne = false
        @Option(name: .long, help: "Threads that build and search exactly, 1 to 64.")
        var threads = min(64, ProcessInfo.processInfo.activeProcessorCount)
        @Option(name: .long, help: "Timed passes over the queries, 1 to 100; their median and best are shown.")
        var passes = 3
        @Option(
            name: .long, help: "What to measure, a list of \(BenchmarkPart.names).",
            transform: { try BenchmarkPart.parse($0) })
        var parts = BenchmarkPart.allCases
        @Flag(name: .long, help: "Print one JSON object instead of text for people.") var json = false

        func validate() throws {
            guard (1...64).contains(threads) else { throw ValidationError("--threads must be between 1 and 64.") }
            guard (1...100).contains(passes) else { throw ValidationError("--passes must be between 1 and 100.") }
            if let limit, limit < 1 { throw ValidationError("--limit must be at least 1.") }
        }

        func run() throws {
            #if DEBUG
                Output.note("This is a debug build: its speeds mean nothing.")
            #endif
            let data = try BenchmarkData(base: base, queries: queries, truth: truth, limit: limit)
            let builder = IndexBuilder(
                dimension: data.queries.dimension, metric: metric.metric,
                parameters: HNSWParameters(
                    m: m, m0: m0, efConstruction: efConstruction, rows: rows, codes: codes),
                threads: threads, insertsOneByOne: insertOneByOne)
            let benchmark = IndexBenchmark(
                data: data, builder: builder, savedIndexPath: index, passes: passes, parts: Set(parts))
            let settings = BenchmarkSettings(
                base: base, queries: queries, truth: truth, metric: metric.rawValue, rows: rows.rawValue,
                codes: codes.rawValue, m: m, m0: m0, efConstruction: efConstruction, threads: threads, passes: passes,
                vectors: data.baseCount, queryCount: data.queries.count, dimension: data.queries.dimension)
            let report = try benchmark.run(settings: settings) { section in
                if !json { Output.show(section) }
            }
            if json { try Output.jsonInSnakeCase(report) }
        }
    }
}

extension RowFormat: ExpressibleByArgument {}
extension CodeScheme: ExpressibleByArgument {}
