import Foundation
import VectorIndex

/// Where the truth comes from.
struct TruthResult: ReportSection {
    /// nil when exact search over the index found it.
    let file: String?
    let time: WorkTime?
    let rows: String

    var table: ReportTable {
        guard let file else {
            return ReportTable(
                title: "Truth: found by exact search over the index's own \(rows) rows, the nearest "
                    + "\(BenchmarkData.computedTruthWidth) in \(Figures.seconds(time?.wallSeconds ?? 0)); "
                    + "--truth takes one from elsewhere")
        }
        return ReportTable(title: "Truth: \((file as NSString).lastPathComponent)")
    }
}

/// Finds the truth by exact search if no file gave it.
struct TruthMeasurement {
    let data: BenchmarkData
    let index: HNSWIndex
    let settings: BenchmarkSettings

    func run() throws(VectorIndexError) -> (truth: Truth, result: TruthResult) {
        if let truth = data.truth {
            return (truth, TruthResult(file: settings.truth, time: nil, rows: settings.rows))
        }
        let bar = ProgressBar()
        bar.show("Exact search for the truth", fraction: 0, detail: "")
        defer { bar.clear() }
        let clock = WorkClock(.process)
        let neighbors = try index.exactSearchBatch(
            data.queries.values.span, k: BenchmarkData.computedTruthWidth, threads: settings.threads)
        return (Truth(neighbors), TruthResult(file: nil, time: clock.elapsed(), rows: settings.rows))
    }
}
