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

    /// A group of tasks would wait for the one that does not listen, here for ever.
    @Test(.timeLimit(.minutes(2))) func workThatDoesNotListenIsLeftBehind() async throws {
        let gate = Gate()
        await #expect(throws: Late.self) {
            try await Deadline.run(milliseconds: 50, orThrow: Late()) { await gate.wait() }
        }
        await gate.open()
    }
}
