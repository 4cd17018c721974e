import Foundation
import Synchronization
import Testing
import Threads

@Suite(.timeLimit(.minutes(5)))
struct ThreadPoolTests {
    @Test func valuesAndErrorsComeBack() async throws {
        struct Failed: Error, Equatable { let code: Int }
        let pool = ThreadPool(name: "test", threads: 2)
        defer { pool.shutDown() }
        #expect(try await pool.run { 6 * 7 } == 42)
        await #expect(throws: Failed(code: 3)) { try await pool.run { throw Failed(code: 3) } }
        #expect(try await pool.run { "again" } == "again")
    }

    @Test(arguments: [("worker", "worker-0"), ("a name of many bytes", "a name of many ")])
    func workRunsOnTheNamedThreads(name: String, shown: String) async throws {
        let pool = ThreadPool(name: name, threads: 1)
        defer { pool.shutDown() }
        let found = try await pool.run { try String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8) }
        #expect(found == shown + "\n")
    }

    @Test func blockedWorkDoesNotHoldUpTheCooperativePool() async throws {
        // More blocked threads than the cooperative pool can have.
        let count = 64
        let pool = ThreadPool(name: "test", threads: count)
        defer { pool.shutDown() }
        let release = DispatchSemaphore(value: 0)
        let (started, continuation) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<count {
                group.addTask {
                    try await pool.run {
                        continuation.yield()
                        release.wait()
                    }
                }
            }
            // All block at once, and this task still runs.
            var blocked = 0
            for await _ in started {
                blocked += 1
                if blocked == count { break }
            }
            for _ in 0..<count { release.signal() }
            try await group.waitForAll()
        }
    }

    @Test func neverMoreAtOnceThanThreads() async throws {
        let pool = ThreadPool(name: "test", threads: 3)
        defer { pool.shutDown() }
        let occupancy = Occupancy()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<300 {
                group.addTask {
                    try await pool.run {
                        occupancy.enter()
                        sched_yield()
                        occupancy.leave()
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(occupancy.most <= 3)
        #expect(occupancy.total == 300)
    }

    @Test func afterShutDownNewWorkIsRefused() async throws {
        let pool = ThreadPool(name: "test", threads: 2)
        #expect(try await pool.run { 7 } == 7)
        pool.shutDown()
        await #expect(throws: CancellationError.self) { try await pool.run { 1 } }
        pool.shutDown()
    }

    @Test func workUnderWayAtShutDownIsFinished() async throws {
        let pool = ThreadPool(name: "test", threads: 1)
        let gate = DispatchSemaphore(value: 0)
        let (started, continuation) = AsyncStream.makeStream(of: Void.self)
        let work = Task {
            try await pool.run {
                continuation.finish()
                gate.wait()
                return "done"
            }
        }
        for await _ in started {}
        pool.shutDown()
        gate.signal()
        #expect(try await work.value == "done")
    }
}

private final class Occupancy: Sendable {
    private struct Counts {
        var now = 0
        var most = 0
        var total = 0
    }
    private let counts = Mutex(Counts())

    func enter() {
        counts.withLock {
            $0.now += 1
            $0.most = max($0.most, $0.now)
        }
    }

    func leave() {
        counts.withLock {
            $0.now -= 1
            $0.total += 1
        }
    }

    var most: Int { counts.withLock { $0.most } }
    var total: Int { counts.withLock { $0.total } }
}
