import Foundation
import VectorIndex

/// The saved index: written, opened, searched from the file.
struct OpenResult: ReportSection {
    let writeSeconds: Double
    let fileBytes: Int
    let bytesPerVector: Double
    let openSecondsMedian: Double
    let openSecondsBest: Double
    let opens: Int
    let firstQueryMicrosecondsMedian: Double
    let targetRecall: Double
    let figures: SearchFigures
    /// Of this process before the last opening, and after its searches.
    let memory: MemoryResult

    var table: ReportTable {
        ReportTable(
            title: "Open: file of \(Figures.megabytes(fileBytes)), \(Figures.ratio(bytesPerVector)) bytes/vector, "
                + "written in \(Figures.seconds(writeSeconds)), opened in \(Figures.seconds(openSecondsMedian)) "
                + "(median of \(opens)), first query \(Figures.seconds(firstQueryMicrosecondsMedian / 1e6))",
            rows: [
                ["efSearch"] + SearchFigures.columns, [figures.efSearch.map(String.init) ?? ""] + figures.cells,
            ],
            notes: memory.notes)
    }
}

/// Writes `index` to a scratch file, which is removed afterwards. The system's page cache holds it when it is opened.
struct OpenMeasurement {
    let index: HNSWIndex
    let queries: VectorMatrix
    let truth: Truth
    let passes: Int
    let efSearch: Int
    let scratchPath: String

    static let opens = 5
    static let targetRecall = 0.95

    /// - Throws: `VectorIndexError`, `MatrixFileError`.
    func run() throws -> OpenResult {
        defer { unlink(scratchPath) }
        let clock = WorkClock(.process)
        try index.write(toPath: scratchPath, lastSequence: 0, fingerprint: Array(repeating: 0, count: 32))
        let writing = clock.elapsed()
        let fileBytes = try MappedFile(path: scratchPath).sizeBytes
        var openings: [Double] = []
        var firstQueries: [Double] = []
        for _ in 0..<Self.opens {
            let (opening, firstQuery) = try openOnce()
            openings.append(opening)
            firstQueries.append(firstQuery)
        }
        let before = ProcessMemory.current()
        let opened = try HNSWIndex.open(path: scratchPath).index
        let loop = QueryLoop(index: opened, queries: queries, efSearch: efSearch)
        let figures = try loop.measure(truth: truth, passes: passes)
        let after = ProcessMemory.current()
        return OpenResult(
            writeSeconds: writing.wallSeconds, fileBytes: fileBytes,
            bytesPerVector: Double(fileBytes) / Double(max(1, opened.count)),
            openSecondsMedian: Statistics.median(openings) ?? 0, openSecondsBest: openings.min() ?? 0,
            opens: openings.count, firstQueryMicrosecondsMedian: Statistics.median(firstQueries) ?? 0,
            targetRecall: Self.targetRecall, figures: figures, memory: MemoryResult(before: before, after: after))
    }

    private func openOnce() throws(VectorIndexError) -> (openingSeconds: Double, firstQueryMicroseconds: Double) {
        let start = WorkClock.nanoseconds()
        let opened = try HNSWIndex.open(path: scratchPath).index
        let openEnd = WorkClock.nanoseconds()
        _ = try opened.search(
            queries.values.span.extracting(queries.range(ofRow: 0)), k: BenchmarkData.k, efSearch: efSearch,
            allowed: nil)
        let searchEnd = WorkClock.nanoseconds()
        return (Double(openEnd - start) / 1e9, Double(searchEnd - openEnd) / 1e3)
    }
}
