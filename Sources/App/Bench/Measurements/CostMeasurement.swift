import VectorIndex

/// What a query costs at the recalls of the curve: counts, and the time it takes when nothing has to come from memory.
struct CostResult: ReportSection {
    struct Line: Encodable {
        let targetRecall: Double
        let efSearch: Int
        /// Means over the queries.
        let nodesExpanded: Double
        let scored: Double
        let vectorsRead: Double
        let cacheLines: Double
        /// The mean over some queries of the best time of each, asked again and again.
        let repeatedQueryMicroseconds: Double
    }

    let lines: [Line]

    var table: ReportTable {
        ReportTable(
            title: "Cost of a query, means; repeated: the same query over and over, its memory in the caches",
            rows: [
                ["for recall", "efSearch", "nodes", "scored", "vectors", "cache lines", "repeated µs"]
            ]
                + lines.map { line in
                    [
                        Figures.ratio(line.targetRecall), "\(line.efSearch)", Figures.count(line.nodesExpanded),
                        Figures.count(line.scored), Figures.count(line.vectorsRead), Figures.count(line.cacheLines),
                        Figures.microseconds(line.repeatedQueryMicroseconds),
                    ]
                })
    }
}

struct CostMeasurement {
    let index: HNSWIndex
    let queries: VectorMatrix
    let efSearches: [(recall: Double, efSearch: Int)]

    private static let repeatedQueries = 40
    private static let repetitions = 300

    func run() throws(VectorIndexError) -> CostResult {
        var lines: [CostResult.Line] = []
        for (recall, efSearch) in efSearches { lines.append(try line(recall, efSearch)) }
        return CostResult(lines: lines)
    }

    private func line(_ recall: Double, _ efSearch: Int) throws(VectorIndexError) -> CostResult.Line {
        let span = queries.values.span
        var expanded = 0, scored = 0, vectorsRead = 0, cacheLines = 0
        for row in 0..<queries.count {
            let cost = try index.searchCost(
                span.extracting(queries.range(ofRow: row)), k: BenchmarkData.k, efSearch: efSearch)
            expanded += cost.expanded
            scored += cost.scored
            vectorsRead += cost.vectorsRead
            cacheLines += cost.cacheLines
        }
        var best: [Double] = []
        for row in 0..<min(Self.repeatedQueries, queries.count) {
            let query = span.extracting(queries.range(ofRow: row))
            var least = Double.infinity
            for _ in 0..<Self.repetitions {
                let start = WorkClock.nanoseconds()
                _ = try index.search(query, k: BenchmarkData.k, efSearch: efSearch, allowed: nil)
                least = min(least, Double(WorkClock.nanoseconds() - start) / 1e3)
            }
            best.append(least)
        }
        let count = Double(max(1, queries.count))
        return CostResult.Line(
            targetRecall: recall, efSearch: efSearch, nodesExpanded: Double(expanded) / count,
            scored: Double(scored) / count, vectorsRead: Double(vectorsRead) / count,
            cacheLines: Double(cacheLines) / count,
            repeatedQueryMicroseconds: best.reduce(0, +) / Double(max(1, best.count)))
    }
}
