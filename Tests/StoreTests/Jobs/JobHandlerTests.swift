import Testing

@testable import Store

struct JobHandlerTests {
    @Test func resultsAreFlatJSONWithSortedKeys() throws {
        let result: [String: JobResultValue] = [
            "b": .integer(.max), "a": .text("x\n\"é/"), "c": .flag(false), "d": .real(1.5), "e": .real(.infinity),
            "f": .real(.nan),
        ]
        #expect(
            try JobResultValue.json(result)
                == #"{"a":"x\n\"é/","b":9223372036854775807,"c":false,"d":1.5,"e":"Infinity","f":"NaN"}"#)
        #expect(try JobResultValue.json([:]) == "{}")
    }

    @Test func aContextKeepsTheHighestPercentAndTheNewestCounts() {
        let context = JobContext()
        #expect(context.progress == nil)
        context.reportProgress(done: 5, total: 10, stage: "a")
        context.reportProgress(done: 1, total: 10, stage: "b")
        #expect(context.progress == JobProgress(percent: 50, done: 1, total: 10, stage: "b"))
        #expect(context.takeUnwritten() == context.progress)
        #expect(context.takeUnwritten() == nil)
        context.reportProgress(done: 1, total: 10, stage: "b")
        #expect(context.takeUnwritten() == nil)
    }

    @Test func aContextStopsOnce() throws {
        let context = JobContext()
        try context.checkCancellation()
        context.stop(.cancelRequested)
        context.stop(.workerStops)
        #expect(context.stopReason == .cancelRequested)
        #expect(context.isCancelled)
        #expect(throws: CancellationError.self) { try context.checkCancellation() }
        context.stop(.leaseLost)
        #expect(context.stopReason == .leaseLost)
    }
}
