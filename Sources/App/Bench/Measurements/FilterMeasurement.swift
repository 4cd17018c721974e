import VectorIndex

/// Searches that only a random share of the keys may answer.
struct FilterResult: ReportSection {
    struct Line: Encodable {
        let share: Double
        let allowedCount: Int
        let bitmapSeconds: Double
        let figures: SearchFigures
    }

    let queryCount: Int
    let seed: UInt64
    let lines: [Line]

    var table: ReportTable {
        ReportTable(
            title: "Filter: random keys, default efSearch, \(Figures.count(queryCount)) queries one at a time",
            rows: [["allowed", "keys"] + SearchFigures.columns + ["bitmap"]]
                + lines.map {
                    [Figures.percent($0.share), Figures.count($0.allowedCount)] + $0.figures.cells
                        + [Figures.seconds($0.bitmapSeconds)]
                })
    }
}

struct FilterMeasurement {
    let index: HNSWIndex
    let queries: VectorMatrix
    /// Keys 0 ..< keyCount are in the index.
    let keyCount: Int
    let passes: Int

    static let shares = [0.01, 0.10, 0.50]
    static let seed: UInt64 = 1
    /// The truth of each query costs an exact search.
    static let queryLimit = 500

    func run() throws(VectorIndexError) -> FilterResult {
        let queries = queries.prefix(Self.queryLimit)
        let bar = ProgressBar()
        defer { bar.clear() }
        var generator = SplitMix64(seed: Self.seed)
        let shuffled = (0..<keyCount).map(UInt64.init).shuffled(using: &generator)
        var lines: [FilterResult.Line] = []
        for share in Self.shares {
            let done = Double(lines.count) / Double(Self.shares.count)
            bar.show("Filter", fraction: done, detail: "\(Figures.percent(share)) of the keys")
            let allowed = shuffled.prefix(max(1, Int((share * Double(keyCount)).rounded())))
            let clock = WorkClock(.process)
            let bitmap = index.makeBitmap(keys: allowed)
            let bitmapSeconds = clock.elapsed().wallSeconds
            let loop = QueryLoop(index: index, queries: queries, allowed: bitmap)
            let figures = try loop.measure(truth: try truth(queries, bitmap), passes: passes)
            lines.append(
                FilterResult.Line(
                    share: share, allowedCount: allowed.count, bitmapSeconds: bitmapSeconds, figures: figures))
        }
        return FilterResult(queryCount: queries.count, seed: Self.seed, lines: lines)
    }

    private func truth(_ queries: VectorMatrix, _ allowed: SlotBitmap) throws(VectorIndexError) -> Truth {
        let span = queries.values.span
        var neighbors: [[Neighbor]] = []
        for row in 0..<queries.count {
            neighbors.append(
                try index.exactSearch(
                    span.extracting(queries.range(ofRow: row)), k: BenchmarkData.k, allowed: allowed))
        }
        return Truth(neighbors)
    }
}
