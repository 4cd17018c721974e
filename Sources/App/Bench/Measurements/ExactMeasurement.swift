import VectorIndex

/// The full scan of all vectors for all queries in one call.
struct ExactResult: ReportSection {
    let threads: Int
    let recall: Double
    let queriesPerSecond: Double
    let queriesPerSecondBest: Double
    let passes: Int

    var table: ReportTable {
        ReportTable(
            title: "Exact: all queries in one call",
            rows: [
                ["threads", "recall", "q/s", "best"],
                [
                    "\(threads)", Figures.recall(recall), Figures.count(queriesPerSecond),
                    Figures.count(queriesPerSecondBest),
                ],
            ])
    }
}

struct ExactMeasurement {
    let index: HNSWIndex
    let queries: VectorMatrix
    let truth: Truth
    let passes: Int
    let threads: Int

    /// No further pass is begun after this time.
    static let secondsLimit = 20.0

    func run() throws(VectorIndexError) -> ExactResult {
        let bar = ProgressBar()
        defer { bar.clear() }
        var seconds: [Double] = []
        var recall = 0.0
        while seconds.count < max(1, passes), seconds.reduce(0, +) < Self.secondsLimit {
            bar.show("Exact search", fraction: Double(seconds.count) / Double(max(1, passes)), detail: "")
            let clock = WorkClock(.process)
            let answers = try index.exactSearchBatch(queries.values.span, k: BenchmarkData.k, threads: threads)
            seconds.append(clock.elapsed().wallSeconds)
            if seconds.count == 1 { recall = truth.recall(of: answers, k: BenchmarkData.k) }
        }
        let count = Double(queries.count)
        return ExactResult(
            threads: threads, recall: recall,
            queriesPerSecond: Statistics.rate(count, Statistics.median(seconds)),
            queriesPerSecondBest: Statistics.rate(count, seconds.min()), passes: seconds.count)
    }
}
