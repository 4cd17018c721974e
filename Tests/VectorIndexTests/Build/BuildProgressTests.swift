import Testing

@testable import VectorIndex

@Suite struct BuildProgressTests {
    @Test func partsOfTheWhole() throws {
        var shown: [Double] = []
        let progress = BuildProgress {
            shown.append($0)
            return true
        }
        progress.show(0.5, upTo: 0.2)
        try progress.finish(0.2)
        progress.show(0.25, upTo: 1)
        progress.show(7, upTo: 1)
        try progress.finish(1)
        #expect(shown.count == 5)
        for (found, wanted) in zip(shown, [0.1, 0.2, 0.4, 1, 1]) { #expect(abs(found - wanted) < 1e-12) }
        #expect(!progress.isCancelled)
    }

    @Test func cancelling() {
        let progress = BuildProgress { $0 < 0.5 }
        progress.show(0.4, upTo: 1)
        #expect(!progress.isCancelled)
        progress.show(0.6, upTo: 1)
        #expect(progress.isCancelled)
        #expect(throws: VectorIndexError.cancelled) { try progress.finish(1) }
    }

    /// Once the caller has said no it is not asked again.
    @Test func notAskedAgain() {
        var calls = 0
        let progress = BuildProgress { _ in
            calls += 1
            return false
        }
        progress.show(0.1, upTo: 1)
        progress.show(0.2, upTo: 1)
        #expect(throws: VectorIndexError.cancelled) { try progress.finish(1) }
        #expect(calls == 1)
    }

    @Test func nobodyAsks() throws {
        let progress = BuildProgress(nil)
        progress.show(0.1, upTo: 1)
        try progress.finish(1)
        #expect(!progress.isCancelled)
    }
}
