import VectorIndex

/// Many queries in one call.
struct BatchResult: ReportSection {
    struct Line: Encodable {
        /// For which efSearch was chosen.
        let targetRecall: Double
        let efSearch: Int
        let threads: Int
        let recall: Double
        let queriesPerSecond: Double
        let queriesPerSecondBest: Double
        /// Median speed over that on one thread.
        let ratioToOneThread: Double
    }

    let lines: [Line]

    var table: ReportTable {
        ReportTable(
            title: "Batch: all queries in one call",
            rows: [["for recall", "efSearch", "threads", "recall", "q/s", "best", "of one thread"]]
                + lines.map {
                    [
                        Figures.ratio($0.targetRecall), "\($0.efSearch)", "\($0.threads)", Figures.recall($0.recall),
                        Figures.count($0.queriesPerSecond), Figures.count($0.queriesPerSecondBest),
                        "\(Figures.ratio($0.ratioToOneThread)) ×",
                    ]
                })
    }
}

struct BatchMeasurement {
    let index: HNSWIndex
    let queries: VectorMatrix
    let truth: Truth
    let passes: Int
    /// Pairs of a recall and the efSearch that gives it.
    let efSearches: [(recall: Double, efSearch: Int)]

    static let targetRecalls = [0.95, 0.99]
    static let threadCounts = [1, 2]

    func run() throws(VectorIndexError) -> BatchResult {
        var lines: [BatchResult.Line] = []
        for (target, efSearch) in efSearches {
            var single: Double?
            for threads in Self.threadCounts {
                let (recall, seconds) = try measure(efSearch: efSearch, threads: threads)
                let rate = Statistics.rate(Double(queries.count), Statistics.median(seconds))
                lines.append(
                    BatchResult.Line(
                        targetRecall: target, efSearch: efSearch, threads: threads, recall: recall,
                        queriesPerSecond: rate,
                        queriesPerSecondBest: Statistics.rate(Double(queries.count), seconds.min()),
                        ratioToOneThread: Statistics.rate(rate, single ?? rate)))
                single = single ?? rate
            }
        }
        return BatchResult(lines: lines)
    }

    /// One pass to warm up, whose recall counts; then the timed ones.
    private func measure(efSearch: Int, threads: Int) throws(VectorIndexError) -> (recall: Double, seconds: [Double]) {
        let span = queries.values.span
        let answers = try index.searchBatch(span, k: BenchmarkData.k, efSearch: efSearch, threads: threads)
        var seconds: [Double] = []
        for _ in 0..<max(1, passes) {
            let clock = WorkClock(.process)
            _ = try index.searchBatch(span, k: BenchmarkData.k, efSearch: efSearch, threads: threads)
            seconds.append(clock.elapsed().wallSeconds)
        }
        return (truth.recall(of: answers, k: BenchmarkData.k), seconds)
    }
}
