import VectorIndex

/// What replacing items does to the recall at one efSearch.
struct ReplaceResult: ReportSection {
    struct State: Encodable {
        let name: String
        let figures: SearchFigures
        let bytes: Int
    }

    struct Round: Encodable {
        let round: Int
        let recall: Double
        let replacementsPerSecond: Double
    }

    let items: Int
    let heldOut: Int
    let seed: UInt64
    let targetRecall: Double
    let efSearch: Int
    let removalsPerSecond: Double
    let insertsPerSecond: Double
    /// In this order: before, after the removal, after the inserts, a fresh build of these, after all rounds, a fresh
    /// build of those.
    let states: [State]
    let rounds: [Round]
    /// Recall of the fresh build less that of the index whose items were replaced; negative if this one is better.
    let recallLoss: Double
    let recallLossAfterRounds: Double

    var table: ReportTable {
        let roundRecalls = rounds.map { Figures.recall($0.recall) }.joined(separator: " ")
        return ReportTable(
            title: "Replace: \(Figures.count(items)) items, \(Figures.count(heldOut)) held out, efSearch \(efSearch)",
            rows: [["state"] + SearchFigures.columns + ["bytes/vector"]]
                + states.map { state in
                    [state.name] + state.figures.cells + [Figures.ratio(Double(state.bytes) / Double(max(1, items)))]
                },
            notes: [
                "\(Figures.count(removalsPerSecond)) removals/s, "
                    + "\(Figures.count(insertsPerSecond)) inserts/s into freed slots",
                "recall lost against a fresh build: \(Figures.recall(recallLoss)), "
                    + "after all rounds \(Figures.recall(recallLossAfterRounds))",
                "recall after each round: \(roundRecalls)",
            ])
    }
}

/// Replaces a tenth of the items at once by new vectors, then a fifth in turn, ten times over.
struct ReplaceMeasurement {
    let queries: VectorMatrix
    let passes: Int

    static let targetRecall = 0.97
    static let firstShare = 0.10
    static let roundShare = 0.20
    static let rounds = 10
    static let seed: UInt64 = 2
    /// Fewer vectors make shares of less than one item.
    static let vectorMinimum = 100

    /// Leaves in `items` a fresh build of its last state.
    func run(_ items: inout HeldOutIndex) throws(VectorIndexError) -> ReplaceResult {
        let bar = ProgressBar()
        defer { bar.clear() }
        let heldOut = items.pool.count
        let count = items.members.count
        var generator = SplitMix64(seed: Self.seed)
        let truthBefore = try items.truth(of: queries)
        let efSearch = try EfSearchLadder.efSearch(
            for: Self.targetRecall, index: items.index, queries: queries, truth: truthBefore,
            threads: items.builder.threads)
        var states = [try state("before", items.index, truthBefore, efSearch)]

        bar.show("Replacing", fraction: 0, detail: Figures.percent(Self.firstShare))
        let replaced = share(Self.firstShare, of: items.members, using: &generator)
        var clock = WorkClock(.thread)
        try items.remove(replaced)
        let removal = clock.elapsed()
        states.append(try state("removed", items.index, try items.truth(of: queries), efSearch))
        clock = WorkClock(.thread)
        try items.addFromPool(replaced.count)
        let insertion = clock.elapsed()
        let truth = try items.truth(of: queries)
        states.append(try state("replaced", items.index, truth, efSearch))
        bar.clear()
        states.append(try state("the same, built anew", try items.freshBuild(), truth, efSearch))

        let rounds = try self.rounds(&items, efSearch, bar, using: &generator)
        let lastTruth = try items.truth(of: queries)
        states.append(try state("after \(Self.rounds) rounds", items.index, lastTruth, efSearch))
        bar.clear()
        items.adopt(try items.freshBuild())
        states.append(try state("these, built anew", items.index, lastTruth, efSearch))
        return ReplaceResult(
            items: count, heldOut: heldOut, seed: Self.seed, targetRecall: Self.targetRecall, efSearch: efSearch,
            removalsPerSecond: Statistics.rate(Double(replaced.count), removal.wallSeconds),
            insertsPerSecond: Statistics.rate(Double(replaced.count), insertion.wallSeconds), states: states,
            rounds: rounds, recallLoss: states[3].figures.recall - states[2].figures.recall,
            recallLossAfterRounds: states[5].figures.recall - states[4].figures.recall)
    }

    private func rounds(
        _ items: inout HeldOutIndex, _ efSearch: Int, _ bar: ProgressBar, using generator: inout SplitMix64
    ) throws(VectorIndexError) -> [ReplaceResult.Round] {
        var results: [ReplaceResult.Round] = []
        for round in 1...Self.rounds {
            let done = Double(round) / Double(Self.rounds + 1)
            bar.show("Replacing", fraction: done, detail: "round \(round) of \(Self.rounds)")
            let replaced = share(Self.roundShare, of: items.members, using: &generator)
            let clock = WorkClock(.thread)
            try items.replaceInTurn(replaced)
            let time = clock.elapsed()
            let found = try items.index.searchBatch(
                queries.values.span, k: BenchmarkData.k, efSearch: efSearch, threads: items.builder.threads)
            results.append(
                ReplaceResult.Round(
                    round: round, recall: try items.truth(of: queries).recall(of: found, k: BenchmarkData.k),
                    replacementsPerSecond: Statistics.rate(Double(replaced.count), time.wallSeconds)))
        }
        return results
    }

    private func share(_ share: Double, of rows: [Int], using generator: inout SplitMix64) -> [Int] {
        Array(rows.shuffled(using: &generator).prefix(Int((share * Double(rows.count)).rounded())))
    }

    private func state(
        _ name: String, _ index: HNSWIndex, _ truth: Truth, _ efSearch: Int
    ) throws(VectorIndexError) -> ReplaceResult.State {
        let loop = QueryLoop(index: index, queries: queries, efSearch: efSearch)
        return ReplaceResult.State(
            name: name, figures: try loop.measure(truth: truth, passes: passes),
            bytes: index.memoryUse.reduce(0) { $0 + $1.bytes })
    }
}
