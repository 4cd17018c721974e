import VectorIndex

/// Recall against speed.
struct CurveResult: ReportSection {
    /// Figures at a recall, interpolated between the two rungs around it.
    struct Target: Encodable {
        let recall: Double
        let efSearch: Int
        let queriesPerSecond: Double
        let queriesPerSecondBest: Double
        let queriesPerCpuSecond: Double
        let p50Microseconds: Double
        let p99Microseconds: Double
        /// The lowest rung reaches this recall already: the figures are that rung's, no interpolation.
        let isFirstRung: Bool
    }

    let points: [SearchFigures]
    let targets: [Target]

    static let targetRecalls = [0.90, 0.95, 0.99]

    init(points: [SearchFigures]) {
        self.points = points
        targets = Self.targetRecalls.compactMap { Self.target($0, points) }
    }

    /// The interpolated efSearch for one of the target recalls; the last rung's if it was not reached.
    func efSearch(for recall: Double) -> Int? {
        targets.first { $0.recall == recall }?.efSearch ?? points.last?.efSearch
    }

    private static func target(_ recall: Double, _ points: [SearchFigures]) -> Target? {
        guard let place = EfSearchLadder.place(of: recall, in: points.map(\.recall)) else { return nil }
        let (low, high) = (points[place.low], points[place.high])
        func value(_ figure: (SearchFigures) -> Double) -> Double { place.value(figure(low), figure(high)) }
        return Target(
            recall: recall, efSearch: place.efSearch(low.efSearch ?? 0, high.efSearch ?? 0),
            queriesPerSecond: value(\.queriesPerSecond), queriesPerSecondBest: value(\.queriesPerSecondBest),
            queriesPerCpuSecond: value(\.queriesPerCpuSecond), p50Microseconds: value(\.p50Microseconds),
            p99Microseconds: value(\.p99Microseconds), isFirstRung: place.high == 0)
    }

    var table: ReportTable {
        let measured = points.map { [$0.efSearch.map(String.init) ?? ""] + $0.cells }
        let interpolated = targets.map { target in
            [
                "→ \(target.efSearch)", (target.isFirstRung ? "≥ " : "") + Figures.ratio(target.recall),
                Figures.count(target.queriesPerSecond), Figures.count(target.queriesPerSecondBest),
                Figures.count(target.queriesPerCpuSecond), Figures.microseconds(target.p50Microseconds),
                Figures.microseconds(target.p99Microseconds),
            ]
        }
        let missing = Self.targetRecalls.filter { recall in !targets.contains { $0.recall == recall } }
        return ReportTable(
            title: "Curve: one thread, one query at a time",
            rows: [["efSearch"] + SearchFigures.columns] + measured + interpolated,
            notes: missing.map { "recall \(Figures.ratio($0)) was not reached" })
    }
}

/// Climbs the ladder until the recall is high enough, rises no more, or the list is as wide as the index.
struct CurveMeasurement {
    let index: HNSWIndex
    let queries: VectorMatrix
    let truth: Truth
    let passes: Int

    func run() throws(VectorIndexError) -> CurveResult {
        let bar = ProgressBar()
        defer { bar.clear() }
        var points: [SearchFigures] = []
        for rung in EfSearchLadder.rungs {
            bar.show(
                "Curve", fraction: (points.last?.recall ?? 0) / EfSearchLadder.lastRecall, detail: "efSearch \(rung)")
            let loop = QueryLoop(index: index, queries: queries, efSearch: rung)
            let figures = try loop.measure(truth: truth, passes: passes)
            points.append(figures)
            if EfSearchLadder.isFinished(points.map(\.recall)) || rung >= index.count { break }
        }
        return CurveResult(points: points)
    }
}
