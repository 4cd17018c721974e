import VectorIndex

/// Speed and recall of searches made one at a time on one thread.
struct SearchFigures: Encodable {
    /// nil for the index's default.
    let efSearch: Int?
    let recall: Double
    /// By the wall's clock, median of the passes.
    let queriesPerSecond: Double
    let queriesPerSecondBest: Double
    /// By the processor time of the best pass: leaves out waiting for a processor.
    let queriesPerCpuSecond: Double
    let p50Microseconds: Double
    let p99Microseconds: Double

    static let columns = ["recall", "q/s", "best", "q/CPU s", "p50 µs", "p99 µs"]

    var cells: [String] {
        [
            Figures.recall(recall), Figures.count(queriesPerSecond), Figures.count(queriesPerSecondBest),
            Figures.count(queriesPerCpuSecond), Figures.microseconds(p50Microseconds),
            Figures.microseconds(p99Microseconds),
        ]
    }
}

/// Asks all queries one after the other on the calling thread.
struct QueryLoop {
    let index: HNSWIndex
    let queries: VectorMatrix
    /// nil for the index's default.
    var efSearch: Int?
    var allowed: SlotBitmap?

    /// `passes` timed as a whole; then one with a clock at every query, whose answers give the recall.
    func measure(truth: Truth, passes: Int) throws(VectorIndexError) -> SearchFigures {
        var times: [WorkTime] = []
        for _ in 0..<max(1, passes) { times.append(try timedPass()) }
        let (answers, microseconds) = try clockedPass()
        let wall = times.map(\.wallSeconds)
        let count = Double(queries.count)
        return SearchFigures(
            efSearch: efSearch, recall: truth.recall(of: answers, k: BenchmarkData.k),
            queriesPerSecond: Statistics.rate(count, Statistics.median(wall)),
            queriesPerSecondBest: Statistics.rate(count, wall.min()),
            queriesPerCpuSecond: Statistics.rate(count, times.map(\.cpuSeconds).min()),
            p50Microseconds: Statistics.percentile(microseconds, 0.5) ?? 0,
            p99Microseconds: Statistics.percentile(microseconds, 0.99) ?? 0)
    }

    private func clockedPass() throws(VectorIndexError) -> (answers: [[Neighbor]], microseconds: [Double]) {
        let span = queries.values.span
        var answers: [[Neighbor]] = []
        var microseconds: [Double] = []
        answers.reserveCapacity(queries.count)
        microseconds.reserveCapacity(queries.count)
        for row in 0..<queries.count {
            let query = span.extracting(queries.range(ofRow: row))
            let start = WorkClock.nanoseconds()
            let answer = try index.search(query, k: BenchmarkData.k, efSearch: efSearch, allowed: allowed)
            microseconds.append(Double(WorkClock.nanoseconds() - start) / 1e3)
            answers.append(answer)
        }
        return (answers, microseconds)
    }

    private func timedPass() throws(VectorIndexError) -> WorkTime {
        let span = queries.values.span
        let clock = WorkClock(.thread)
        for row in 0..<queries.count {
            _ = try index.search(
                span.extracting(queries.range(ofRow: row)), k: BenchmarkData.k, efSearch: efSearch, allowed: allowed)
        }
        return clock.elapsed()
    }
}
