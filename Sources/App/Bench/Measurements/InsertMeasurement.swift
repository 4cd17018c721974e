import Foundation
import VectorIndex

/// Single inserts, alone and beside a thread that searches without pause.
struct InsertResult: ReportSection {
    struct Line: Encodable {
        let name: String
        let inserts: Int
        /// nil where nothing was inserted.
        let insertsPerSecond: Double?
        let insertP50Microseconds: Double?
        let insertP99Microseconds: Double?
        /// nil where nothing searched.
        let searchesPerSecond: Double?
        let searchP50Microseconds: Double?
        let searchP99Microseconds: Double?
    }

    let items: Int
    let lines: [Line]
    /// With the default efSearch after all inserts, against exact search.
    let recallAfter: Double

    var table: ReportTable {
        func cell(_ value: Double?, _ format: (Double) -> String) -> String { value.map(format) ?? "" }
        return ReportTable(
            title: "Insert: one by one into \(Figures.count(items)) items",
            rows: [["", "inserts/s", "p50 µs", "p99 µs", "searches/s", "p50 µs", "p99 µs"]]
                + lines.map { line in
                    [
                        line.name, cell(line.insertsPerSecond, Figures.count),
                        cell(line.insertP50Microseconds, Figures.microseconds),
                        cell(line.insertP99Microseconds, Figures.microseconds),
                        cell(line.searchesPerSecond, Figures.count),
                        cell(line.searchP50Microseconds, Figures.microseconds),
                        cell(line.searchP99Microseconds, Figures.microseconds),
                    ]
                },
            notes: ["recall afterwards \(Figures.recall(recallAfter)) with the default efSearch"])
    }
}

struct InsertMeasurement {
    let queries: VectorMatrix

    static let insertLimit = 2_000
    static let searchSeconds = 1.0
    /// The searching thread runs for so long before anything counts.
    static let leadSeconds = 0.1

    func run(_ items: inout HeldOutIndex) throws(VectorIndexError) -> InsertResult {
        let before = items.members.count
        let count = min(Self.insertLimit, items.pool.count / 2)
        let lines = [
            try insert(count, into: &items), try search(items), try insertBesideSearch(count, into: &items),
        ]
        let found = try items.index.searchBatch(
            queries.values.span, k: BenchmarkData.k, efSearch: nil, threads: items.builder.threads)
        return InsertResult(
            items: before, lines: lines,
            recallAfter: try items.truth(of: queries).recall(of: found, k: BenchmarkData.k))
    }

    private func insert(_ count: Int, into items: inout HeldOutIndex) throws(VectorIndexError) -> InsertResult.Line {
        var microseconds: [Double] = []
        try items.addFromPool(count) { microseconds.append($0) }
        return line("inserts alone", inserts: microseconds)
    }

    private func search(_ items: HeldOutIndex) throws(VectorIndexError) -> InsertResult.Line {
        let searcher = BackgroundSearcher(index: items.index, queries: queries)
        Thread.sleep(forTimeInterval: Self.leadSeconds)
        let (start, clock) = (searcher.searchCount, WorkClock(.process))
        Thread.sleep(forTimeInterval: Self.searchSeconds)
        let (end, time) = (searcher.searchCount, clock.elapsed())
        return line(
            "searches alone", searches: try searcher.stop(),
            rate: Statistics.rate(Double(end - start), time.wallSeconds))
    }

    private func insertBesideSearch(
        _ count: Int, into items: inout HeldOutIndex
    ) throws(VectorIndexError) -> InsertResult.Line {
        var microseconds: [Double] = []
        let searcher = BackgroundSearcher(index: items.index, queries: queries)
        Thread.sleep(forTimeInterval: Self.leadSeconds)
        let (start, clock) = (searcher.searchCount, WorkClock(.process))
        do {
            try items.addFromPool(count) { microseconds.append($0) }
        } catch {
            _ = try searcher.stop()
            throw error
        }
        let (end, time) = (searcher.searchCount, clock.elapsed())
        return line(
            "both", inserts: microseconds, searches: try searcher.stop(),
            rate: Statistics.rate(Double(end - start), time.wallSeconds))
    }

    private func line(
        _ name: String, inserts: [Double] = [], searches: [Double] = [], rate: Double? = nil
    ) -> InsertResult.Line {
        InsertResult.Line(
            name: name, inserts: inserts.count,
            insertsPerSecond: inserts.isEmpty
                ? nil : Statistics.rate(Double(inserts.count), inserts.reduce(0, +) / 1e6),
            insertP50Microseconds: Statistics.percentile(inserts, 0.5),
            insertP99Microseconds: Statistics.percentile(inserts, 0.99), searchesPerSecond: rate,
            searchP50Microseconds: Statistics.percentile(searches, 0.5),
            searchP99Microseconds: Statistics.percentile(searches, 0.99))
    }
}
