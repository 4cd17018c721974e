import Store
import Testing

struct JobStateTests {
    @Test func attemptsAreClampedToTheContract() {
        #expect(JobState(maxAttempts: 0).maxAttempts == 1)
        #expect(JobState(maxAttempts: -3).maxAttempts == 1)
        #expect(JobState(maxAttempts: 3).maxAttempts == 3)
        #expect(JobState(maxAttempts: .max).maxAttempts == 100)
    }

    @Test(
        arguments: [
            (0, 0, 0), (0, 10, 0), (1, 3, 33), (2, 3, 66), (3, 3, 100), (5, 3, 100), (-1, 3, 0), (1, -1, 0),
            (Int64.max, Int64.max, 100), (.max / 2, .max, 100), (.min, .min, 0), (999, 1_000, 99),
        ] as [(Int64, Int64, Int)])
    func percentIsTheShareRoundedDown(done: Int64, total: Int64, percent: Int) {
        #expect(JobProgress(done: done, total: total).percent == percent)
    }

    @Test func progressStaysWithinTheContract() {
        let wild = JobProgress(percent: 900, done: -5, total: .max, stage: String(repeating: "é", count: 100))
        #expect(wild.percent == 100)
        #expect(wild.done == 0)
        #expect(wild.total == 9_007_199_254_740_991)
        #expect(wild.stage?.unicodeScalars.count == 60)
        #expect(JobProgress(percent: -1, stage: "").percent == 0)
        #expect(JobProgress(percent: -1, stage: "").stage == nil)
        #expect(JobProgress(stage: "a\0b").stage == "ab")
        #expect(JobProgress(stage: "\0").stage == nil)
    }

    @Test(arguments: ["malformed_file", "abc", "a1_", String(repeating: "x", count: 64)])
    func goodCodesStay(code: String) {
        #expect(JobError(code: code, detail: "d", isRetryable: false).code == code)
    }

    @Test(arguments: ["", "ab", "1abc", "_abc", "Abc", "a-b-c", "naïve", "a b c", String(repeating: "x", count: 65)])
    func otherCodesBecomeInternalError(code: String) {
        #expect(JobError(code: code, detail: "d", isRetryable: false).code == "internal_error")
    }

    @Test func detailsStayWithinTheContract() {
        let long = JobError(code: "abc", detail: String(repeating: "é", count: 5_000), isRetryable: true)
        #expect(long.detail.unicodeScalars.count == 2_000)
        #expect(!JobError(code: "abc", detail: "", isRetryable: true).detail.isEmpty)
        #expect(JobError(code: "abc", detail: "a\0b", isRetryable: true).detail == "ab")
    }
}
