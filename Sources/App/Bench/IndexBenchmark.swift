import Foundation
import VectorIndex

/// Runs the parts of a benchmark in an order in which none spoils another.
struct IndexBenchmark {
    let data: BenchmarkData
    let builder: IndexBuilder
    let savedIndexPath: String?
    let passes: Int
    let parts: Set<BenchmarkPart>

    /// - Parameter show: gets each section as soon as it is measured.
    /// - Throws: `MatrixFileError`, `BenchmarkDataError`, `VectorIndexError`.
    func run(settings: BenchmarkSettings, show: (any ReportSection) -> Void) throws -> BenchmarkReport {
        if !parts.isDisjoint(with: Self.changingParts), data.baseCount < ReplaceMeasurement.vectorMinimum {
            throw BenchmarkDataError.tooFewVectors(
                part: Self.changingParts.map(\.rawValue).sorted().joined(separator: ", "),
                expected: ReplaceMeasurement.vectorMinimum, found: data.baseCount)
        }
        var report = BenchmarkReport(settings: settings, machine: .current())
        show(ReportHead(settings: settings, machine: report.machine))
        try measureWhole(&report, show)
        try measureChanges(&report, show)
        return report
    }

    private static let changingParts: Set<BenchmarkPart> = [.replace, .insert]

    /// The index of all vectors, which no part changes.
    private func measureWhole(_ report: inout BenchmarkReport, _ show: (any ReportSection) -> Void) throws {
        let index = try buildOrOpen(&report, show)
        let queries = data.queries
        let (truth, source) = try TruthMeasurement(data: data, index: index, settings: report.settings).run()
        report.truth = shown(source, show)
        if parts.contains(.curve) {
            report.curve = shown(
                try CurveMeasurement(index: index, queries: queries, truth: truth, passes: passes).run(), show)
        }
        let curve = report.curve
        func efSearch(for recall: Double) throws(VectorIndexError) -> Int {
            if let known = curve?.efSearch(for: recall) { return known }
            return try EfSearchLadder.efSearch(
                for: recall, index: index, queries: queries, truth: truth, threads: builder.threads)
        }
        if parts.contains(.cost) {
            let measurement = CostMeasurement(
                index: index, queries: queries,
                efSearches: try BatchMeasurement.targetRecalls.map { ($0, try efSearch(for: $0)) })
            report.cost = shown(try measurement.run(), show)
        }
        if parts.contains(.batch) {
            let measurement = BatchMeasurement(
                index: index, queries: queries, truth: truth, passes: passes,
                efSearches: try BatchMeasurement.targetRecalls.map { ($0, try efSearch(for: $0)) })
            report.batch = shown(try measurement.run(), show)
        }
        if parts.contains(.exact) {
            let measurement = ExactMeasurement(
                index: index, queries: queries, truth: truth, passes: passes, threads: builder.threads)
            report.exact = shown(try measurement.run(), show)
        }
        if parts.contains(.filter) {
            let measurement = FilterMeasurement(
                index: index, queries: queries, keyCount: data.baseCount, passes: passes)
            report.filter = shown(try measurement.run(), show)
        }
        if parts.contains(.open) {
            let measurement = OpenMeasurement(
                index: index, queries: queries, truth: truth, passes: passes,
                efSearch: try efSearch(for: OpenMeasurement.targetRecall), scratchPath: scratchPath)
            report.open = shown(try measurement.run(), show)
        }
    }

    /// The index of nine tenths of the vectors, into which the others are added.
    private func measureChanges(_ report: inout BenchmarkReport, _ show: (any ReportSection) -> Void) throws {
        guard !parts.isDisjoint(with: Self.changingParts) else { return }
        var items = try HeldOutIndex(base: try data.readBase(), builder: builder)
        if parts.contains(.replace) {
            let measurement = ReplaceMeasurement(queries: data.queries, passes: passes)
            report.replace = shown(try measurement.run(&items), show)
        }
        if parts.contains(.insert) {
            report.insert = shown(try InsertMeasurement(queries: data.queries).run(&items), show)
        }
    }

    private func buildOrOpen(
        _ report: inout BenchmarkReport, _ show: (any ReportSection) -> Void
    ) throws -> HNSWIndex {
        let saved = try savedIndexPath.map { path in
            SavedIndex(
                path: path,
                fingerprint: SavedIndex.fingerprint(
                    settings: report.settings, insertsOneByOne: builder.insertsOneByOne, base: try data.readBase()))
        }
        if let saved, saved.exists {
            let before = ProcessMemory.current()
            let clock = WorkClock(.process)
            let index = try saved.open(vectorCount: data.baseCount)
            let time = clock.elapsed()
            report.openedIndex = shown(
                OpenedIndexResult(
                    path: saved.path, openSeconds: time.wallSeconds,
                    memory: MemoryResult(before: before, after: .current())), show)
            return index
        }
        let (index, result) = try BuildMeasurement(data: data, builder: builder).run()
        report.build = shown(result, show)
        try saved?.write(index)
        return index
    }

    private func shown<Section: ReportSection>(_ section: Section, _ show: (any ReportSection) -> Void) -> Section {
        show(section)
        return section
    }

    /// Beside the saved index, where there is room for it; else in the folder for temporary files.
    private var scratchPath: String {
        let name = "propertypro-bench-\(UUID().uuidString).index"
        guard let savedIndexPath else { return FileManager.default.temporaryDirectory.appending(path: name).path }
        return ((savedIndexPath as NSString).deletingLastPathComponent as NSString).appendingPathComponent(name)
    }
}
