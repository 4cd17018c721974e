import Foundation
import Store
import Threads
import VectorStore

/// A collection of benchmark vectors in a folder, and what its filters cost.
final class CollectionBenchmark {
    private let data: BenchmarkData
    private let grid: FilterGrid
    private let collection: VectorCollection

    private static let seed: UInt64 = 41
    private static let batch = 2_000

    /// Opens the folder's collection; fills it where records are missing.
    init(data: BenchmarkData, folder: String) async throws {
        self.data = data
        let base = try data.readBase()
        grid = FilterGrid(base: base, queries: data.queries)
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let database = try SQLiteDatabase(
            path: folder + "/collections.sqlite", migrations: VectorStoreSchema.migrations)
        let pool = ThreadPool(name: "bench", threads: 2)
        collection = try await VectorCollection.open(
            name: "bench", dimension: data.queries.dimension, fingerprint: "\(data.baseCount)", database: database,
            folder: folder + "/index", pool: pool)
        try await fill(base)
        try await collection.prepare()
        try await collection.settle()
        try await collection.snapshot()
    }

    private func fill(_ base: VectorMatrix) async throws {
        let stored = try await collection.countRecords()
        guard stored < base.count else { return }
        var random = SplitMix64(seed: Self.seed)
        let start = ContinuousClock.now
        for first in stride(from: 0, to: base.count, by: Self.batch) {
            // All are drawn, also those that are there, so that a second run makes the same ones.
            let records = (first..<min(first + Self.batch, base.count)).map {
                grid.record($0, vector: Array(base.row($0)), random: &random)
            }
            if first + records.count > stored { try await collection.add(records) }
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        Output.note(
            String(
                format: "added %d records in %.1f s, %.0f a second", base.count - stored, seconds,
                Double(base.count - stored) / seconds))
    }

    /// What one filter costs and finds.
    struct Cell: Encodable {
        let kind: String
        let share: Double
        let matches: Int
        let plan: String
        let recall: Double
        let p50Milliseconds: Double
        let p95Milliseconds: Double
        /// Against the same queries without a filter, asked in turn with these.
        let p95Ratio: Double

        var line: String {
            String(
                format: "%-15@ %7.2f %% %7d matches  %-14@ recall %.4f  p50 %.2f ms  p95 %.2f ms  %.2f × unfiltered",
                kind as NSString, share * 100, matches, plan as NSString, recall, p50Milliseconds, p95Milliseconds,
                p95Ratio)
        }
    }

    func run(kinds: [FilterGrid.Kind], asked: Int, show: (Cell) -> Void) async throws -> [Cell] {
        var cells: [Cell] = []
        for kind in kinds {
            for number in FilterGrid.shares.indices {
                let cell = try await measure(kind, shareNumber: number, asked: min(asked, data.queries.count))
                show(cell)
                cells.append(cell)
            }
        }
        return cells
    }

    private func measure(_ kind: FilterGrid.Kind, shareNumber: Int, asked: Int) async throws -> Cell {
        let filter = FilterGrid.filter(kind, shareNumber: shareNumber)
        let isAnchored = kind == .correlated || kind == .anticorrelated
        let numbers = isAnchored ? Array(grid.queriesByAnchor.prefix(asked)) : Array(0..<asked)
        var (filtered, plain): ([Double], [Double]) = ([], [])
        var (found, wanted, matches) = (0, 0, 0)
        var plans: Set<String> = []
        for number in numbers {
            let vector = Array(data.queries.row(number))
            let query = VectorQuery([vector], limit: BenchmarkData.k, filter: filter)
            _ = try await timed(VectorQuery([vector], limit: BenchmarkData.k), into: &plain)
            let answer = try await timed(query, into: &filtered)
            plans.insert(answer.plan.rawValue)
            matches = answer.matches
            var exact = query
            exact.exactUpTo = .max
            let truth = try await collection.query(exact)
            let keys = Set(answer.hits[0].map(\.record.id))
            guard keys.count == min(BenchmarkData.k, matches) else {
                throw CollectionBenchmarkError.tooFew(expected: min(BenchmarkData.k, matches), found: keys.count)
            }
            wanted += truth.hits[0].count
            found += truth.hits[0].count { keys.contains($0.record.id) }
        }
        let p95 = Statistics.percentile(filtered, 0.95) ?? 0
        return Cell(
            kind: kind.rawValue, share: FilterGrid.shares[shareNumber], matches: matches,
            plan: plans.sorted().joined(separator: "+"), recall: wanted == 0 ? 1 : Double(found) / Double(wanted),
            p50Milliseconds: Statistics.median(filtered) ?? 0, p95Milliseconds: p95,
            p95Ratio: p95 / (Statistics.percentile(plain, 0.95) ?? 1))
    }

    private func timed(_ query: VectorQuery, into samples: inout [Double]) async throws -> VectorAnswer {
        let start = ContinuousClock.now
        let answer = try await collection.query(query)
        samples.append(start.duration(to: .now) / .milliseconds(1))
        return answer
    }
}

/// What a collection must never do.
enum CollectionBenchmarkError: Error, CustomStringConvertible {
    case tooFew(expected: Int, found: Int)

    var description: String {
        switch self {
        case .tooFew(let expected, let found):
            "A query found \(found) records of \(expected) that it should have found."
        }
    }
}
