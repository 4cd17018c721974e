import Foundation
import Testing

@testable import API

@Suite struct DeadlineTests {
    private struct Late: Error {}

    @Test func workInTimeGivesItsResult() async throws {
        #expect(try await Deadline.run(milliseconds: 60_000, orThrow: Late()) { 7 } == 7)
        await #expect(throws: CocoaError.self) {
            try await Deadline.run(milliseconds: 60_000, orThrow: Late()) { throw CocoaError(.fileNoSuchFile) }
        }
    }

    /// A group of tasks waits for the one that does not listen.
    @Test func workThatDoesNotListenIsLeftBehind() async throws {
        let start = ContinuousClock.now
        await #expect(throws: Late.self) {
            try await Deadline.run(milliseconds: 50, orThrow: Late()) {
                await withCheckedContinuation { continuation in
                    Thread.detachNewThread {
                        sleep(3)
                        continuation.resume()
                    }
                }
            }
        }
        #expect(ContinuousClock.now - start < .seconds(2))
    }
}
