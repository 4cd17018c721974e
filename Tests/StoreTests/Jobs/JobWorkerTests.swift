import Foundation
import Synchronization
import TestSupport
import Testing

@testable import Store

@Suite(.timeLimit(.minutes(5)))
struct JobWorkerTests {
    /// A worker over a fresh database, with a log of what it said.
    private final class Bench: Sendable {
        let scratch: Scratch
        let queue: JobQueue
        let clock = ManualClock()
        let log = Log()
        let database: FailingDatabase

        init() throws {
            scratch = try Scratch()
            let file = try SQLiteDatabase(path: scratch.path("a.sqlite"), migrations: JobQueue.migrations)
            database = FailingDatabase(file)
            queue = JobQueue(database: database)
        }

        /// Nothing happens by the passing of time unless a test shortens an interval.
        static var patient: JobWorkerSettings {
            var settings = JobWorkerSettings()
            settings.pollMilliseconds = 3_600_000
            settings.heartbeatMilliseconds = 3_600_000
            settings.settleMilliseconds = 10
            settings.reportRetryMilliseconds = 1
            return settings
        }

        func worker(
            _ handlers: [JobKind: JobHandler], concurrency: [QueueName: Int] = [.documents: 2, .data: 1],
            change: (inout JobWorkerSettings) -> Void = { _ in }
        ) -> JobWorker {
            var settings = Self.patient
            change(&settings)
            return JobWorker(
                queue: queue, handlers: handlers, concurrency: concurrency, settings: settings,
                now: { [clock] in clock.now },
                observe: { [log] in log.add($0) })
        }

        /// Runs `body` beside the worker, then stops it.
        func run(
            _ worker: JobWorker, graceMilliseconds: Int64 = 10_000, _ body: () async throws -> Void
        ) async throws {
            let run = Task { try await worker.run() }
            do {
                try await body()
            } catch {
                await worker.stop(graceMilliseconds: 0)
                throw error
            }
            await worker.stop(graceMilliseconds: graceMilliseconds)
            try await run.value
        }

        func enqueue(_ kind: JobKind = .documentIngest, maxAttempts: Int = 3) async throws -> Job {
            try await queue.enqueue(NewJob(kind, payload: "{}", maxAttempts: maxAttempts), now: clock.now)
        }
    }

    /// Notices of a worker, with waiting for one.
    private final class Log: Sendable {
        private struct Waiter {
            let matches: @Sendable (Job) -> Bool
            let continuation: AsyncStream<Job>.Continuation
        }
        private struct State {
            var jobs: [Job] = []
            var problems: [any Error] = []
            var waiters: [Waiter] = []
        }
        private let state = Mutex(State())

        func add(_ notice: JobNotice) {
            state.withLock { state in
                switch notice {
                case .problem(_, let error):
                    state.problems.append(error)
                case .changed(let job):
                    state.jobs.append(job)
                    for waiter in state.waiters where waiter.matches(job) { waiter.continuation.yield(job) }
                }
            }
        }

        /// The first job, past or coming, that matches.
        @discardableResult
        func first(_ matches: @escaping @Sendable (Job) -> Bool) async throws -> Job {
            let (stream, continuation) = AsyncStream.makeStream(of: Job.self)
            state.withLock { state in
                if let past = state.jobs.first(where: matches) { continuation.yield(past) }
                state.waiters.append(Waiter(matches: matches, continuation: continuation))
            }
            for await job in stream { return job }
            throw CancellationError()
        }

        @discardableResult
        func first(_ id: String, _ status: JobStatus) async throws -> Job {
            try await first { $0.id == id && $0.status == status }
        }

        var jobs: [Job] { state.withLock { $0.jobs } }
        var problems: [any Error] { state.withLock { $0.problems } }
    }

    /// Passes everything on, except writes that a test lets fail.
    private final class FailingDatabase: Database {
        let base: any Database
        private let failures = Mutex(0)
        var engineName: String { base.engineName }

        init(_ base: any Database) { self.base = base }

        func failWrites(_ count: Int) { failures.withLock { $0 = count } }
        var remainingFailures: Int { failures.withLock { $0 } }

        func read<T: Sendable>(_ body: @escaping @Sendable (any ReadTransaction) throws -> T) async throws -> T {
            try await base.read(body)
        }

        func write<T: Sendable>(_ body: @escaping @Sendable (any WriteTransaction) throws -> T) async throws -> T {
            let fails = failures.withLock { failures in
                defer { failures = max(0, failures - 1) }
                return failures > 0
            }
            if fails { throw StoreError.full(path: "disk") }
            return try await base.write(body)
        }

        func schemaVersion() async throws -> Int { try await base.schemaVersion() }
        func compact(texts: [TextIndex]) async throws { try await base.compact(texts: texts) }
        func purge(texts: [TextIndex]) async throws { try await base.purge(texts: texts) }
        func checkIntegrity() async throws -> [String] { try await base.checkIntegrity() }
        func close() async throws { try await base.close() }
    }

    private struct Unnamed: Error {}

    // MARK: - Outcomes

    @Test func aJobEnqueuedWhileTheWorkerSleepsRunsAtOnce() async throws {
        let bench = try Bench()
        let worker = bench.worker([
            .documentIngest: { job, context in
                context.reportProgress(done: 3, total: 4, stage: "pages")
                return ["pages": .integer(4), "name": .text("a\"b/é"), "share": .real(0.5), "whole": .flag(true)]
            }
        ])
        try await bench.run(worker) {
            // The poll comes once an hour: only the signal can wake it.
            for _ in 0..<3 {
                let job = try await bench.enqueue()
                let done = try await bench.log.first(job.id, .completed)
                #expect(done.result == #"{"name":"a\"b/é","pages":4,"share":0.5,"whole":true}"#)
                #expect(done.progress == JobProgress(percent: 100, done: 3, total: 4, stage: "pages"))
                #expect(done.attempts == 1)
                #expect(try await bench.queue.job(job.id) == done)
            }
        }
        #expect(bench.log.problems.isEmpty)
    }

    @Test func jobsThatWaitedBeforeTheStartRun() async throws {
        let bench = try Bench()
        var ids: [String] = []
        for _ in 0..<10 { ids.append(try await bench.enqueue().id) }
        try await bench.run(bench.worker([.documentIngest: { _, _ in [:] }])) {
            for id in ids { try await bench.log.first(id, .completed) }
        }
    }

    @Test func aRetryableFailureRunsAgainWhenDue() async throws {
        let bench = try Bench()
        let worker = bench.worker([
            .documentIngest: { job, _ in
                if job.attempts < 3 { throw JobError(code: "busy", detail: "Busy.", isRetryable: true) }
                return [:]
            }
        ])
        try await bench.run(worker) {
            let job = try await bench.enqueue()
            for attempt in 1...2 {
                let failed = try await bench.log.first { $0.status == .retrying && $0.attempts == attempt }
                #expect(failed.error == JobError(code: "busy", detail: "Busy.", isRetryable: true))
                let due = try #require(failed.nextAttemptAt)
                bench.clock.advance(milliseconds: due.milliseconds(since: bench.clock.now))
                bench.queue.wake()
            }
            #expect(try await bench.log.first(job.id, .completed).attempts == 3)
        }
    }

    @Test func thePollFindsDueRetries() async throws {
        let bench = try Bench()
        let worker = bench.worker([
            .documentIngest: { job, _ in
                if job.attempts == 1 { throw JobError(code: "busy", detail: "Busy.", isRetryable: true) }
                return [:]
            }
        ]) { $0.pollMilliseconds = 5 }
        try await bench.run(worker) {
            let job = try await bench.enqueue()
            try await bench.log.first(job.id, .retrying)
            bench.clock.advance(milliseconds: 10_000)
            try await bench.log.first(job.id, .completed)
        }
    }

    @Test func aFatalFailureIsADeadLetter() async throws {
        let bench = try Bench()
        let error = JobError(code: "malformed_file", detail: "Broken.", isRetryable: false)
        try await bench.run(bench.worker([.documentIngest: { _, _ in throw error }])) {
            let job = try await bench.enqueue()
            let failed = try await bench.log.first(job.id, .failed)
            #expect(failed.error == error)
            #expect(failed.attempts == 1)
        }
        #expect(bench.log.problems.isEmpty)
    }

    @Test func anUnnamedErrorIsInternalAndItsTextStaysInside() async throws {
        let bench = try Bench()
        try await bench.run(bench.worker([.documentIngest: { _, _ in throw Unnamed() }])) {
            let job = try await bench.enqueue()
            let failed = try await bench.log.first(job.id, .retrying)
            #expect(failed.error?.code == "internal_error")
            #expect(failed.error?.isRetryable == true)
            #expect(failed.error?.detail.contains("Unnamed") == false)
        }
        #expect(bench.log.problems.contains { $0 is Unnamed })
    }

    @Test func aCancellationErrorThatNobodyAskedForIsInternal() async throws {
        let bench = try Bench()
        try await bench.run(bench.worker([.documentIngest: { _, _ in throw CancellationError() }])) {
            let job = try await bench.enqueue(maxAttempts: 1)
            #expect(try await bench.log.first(job.id, .failed).error?.code == "internal_error")
        }
    }

    @Test func aKindWithoutHandlerFails() async throws {
        let bench = try Bench()
        try await bench.run(bench.worker([:])) {
            let job = try await bench.enqueue()
            #expect(try await bench.log.first(job.id, .failed).error?.code == "unsupported_job")
        }
    }

    @Test func anOversizedResultFails() async throws {
        let bench = try Bench()
        let members = Dictionary(uniqueKeysWithValues: (0...50).map { ("k\($0)", JobResultValue.integer(1)) })
        try await bench.run(bench.worker([.documentIngest: { _, _ in members }])) {
            let job = try await bench.enqueue()
            #expect(try await bench.log.first(job.id, .failed).error?.code == "result_too_large")
        }
    }

    // MARK: - Cancelling

    @Test func aRunningJobIsCancelledAtOnce() async throws {
        let bench = try Bench()
        let worker = bench.worker([
            .documentIngest: { _, context in
                while true {
                    try context.checkCancellation()
                    try await Task.sleep(for: .seconds(3_600))
                }
            }
        ])
        try await bench.run(worker) {
            let job = try await bench.enqueue()
            try await bench.log.first(job.id, .running)
            #expect(try await bench.queue.cancel(job.id, now: bench.clock.now).status == .cancelling)
            try await bench.log.first(job.id, .cancelled)
        }
    }

    @Test func aThreadWithoutTaskSeesTheCancel() async throws {
        let bench = try Bench()
        let worker = bench.worker([
            .documentIngest: { _, context in
                try await withCheckedThrowingContinuation { continuation in
                    Thread {
                        while !context.isCancelled { usleep(1_000) }
                        continuation.resume(with: Result { try context.checkCancellation() })
                    }.start()
                }
                return [:]
            }
        ])
        try await bench.run(worker) {
            let job = try await bench.enqueue()
            try await bench.log.first(job.id, .running)
            try await bench.queue.cancel(job.id, now: bench.clock.now)
            try await bench.log.first(job.id, .cancelled)
        }
    }

    @Test func aHandlerThatFinishesAnywayEndsCancelledWithItsResult() async throws {
        let bench = try Bench()
        let gate = Gate()
        let worker = bench.worker([
            .documentIngest: { _, _ in
                await gate.waitStubbornly()
                return ["rows": .integer(7)]
            }
        ])
        try await bench.run(worker) {
            let job = try await bench.enqueue()
            try await bench.log.first(job.id, .running)
            try await bench.queue.cancel(job.id, now: bench.clock.now)
            gate.open()
            #expect(try await bench.log.first(job.id, .cancelled).result == #"{"rows":7}"#)
        }
    }

    // MARK: - Places

    @Test func eachQueueHasItsOwnPlaces() async throws {
        let bench = try Bench()
        let gate = Gate()
        let running = Mutex<[QueueName: Int]>([:])
        let most = Mutex<[QueueName: Int]>([:])
        let handler: JobHandler = { job, _ in
            let now = running.withLock { running in
                running[job.queue, default: 0] += 1
                return running[job.queue, default: 0]
            }
            most.withLock { $0[job.queue] = max($0[job.queue, default: 0], now) }
            await gate.wait()
            running.withLock { $0[job.queue, default: 0] -= 1 }
            return [:]
        }
        let worker = bench.worker([.documentIngest: handler, .dataImport: handler, .assistTask: handler])
        try await bench.run(worker) {
            var ids: [String] = []
            for _ in 0..<6 {
                ids.append(try await bench.enqueue(.documentIngest).id)
                ids.append(try await bench.enqueue(.dataImport).id)
            }
            let unserved = try await bench.enqueue(.assistTask)
            try await bench.log.first { $0.queue == .data && $0.status == .running }
            gate.open()
            for id in ids { try await bench.log.first(id, .completed) }
            #expect(try await bench.queue.job(unserved.id)?.status == .queued)
        }
        #expect(most.withLock { $0 }[.documents] ?? 0 <= 2)
        #expect(most.withLock { $0 }[.data] == 1)
    }

    // MARK: - Progress and heartbeat

    @Test func progressIsWrittenSparselyAndNeverFalls() async throws {
        let bench = try Bench()
        let worker = bench.worker([
            .documentIngest: { _, context in
                for done in [Int64](0...1_000) + [900, 500] { context.reportProgress(done: done, total: 2_000) }
                return [:]
            }
        ]) { $0.progressMilliseconds = 3_600_000 }
        try await bench.run(worker) {
            let job = try await bench.enqueue()
            let done = try await bench.log.first(job.id, .completed)
            #expect(done.progress == JobProgress(percent: 100, done: 500, total: 2_000))
        }
        // The first at once, the last when the handler returned.
        let written = bench.log.jobs.filter { $0.status == .running && $0.progress.done != nil }
        #expect((1...2).contains(written.count))
        #expect(written.last?.progress.percent == 50)
        #expect(written.map(\.progress.percent) == written.map(\.progress.percent).sorted())
    }

    @Test func heartbeatsProlongTheLease() async throws {
        let bench = try Bench()
        let gate = Gate()
        let worker = bench.worker([
            .documentIngest: { _, _ in
                await gate.wait()
                return [:]
            }
        ]) { $0.heartbeatMilliseconds = 2 }
        try await bench.run(worker) {
            let job = try await bench.enqueue()
            try await bench.log.first(job.id, .running)
            for _ in 0..<3 {
                bench.clock.advance(milliseconds: 50_000)
                let wanted = bench.clock.now.adding(milliseconds: 60_000)
                while try await bench.queue.job(job.id)?.lease?.expiresAt != wanted {
                    try await Task.sleep(for: .milliseconds(1))
                }
            }
            gate.open()
            #expect(try await bench.log.first(job.id, .completed).attempts == 1)
        }
    }

    @Test func aHandlerThatLostItsLeaseIsStoppedAndTheJobRunsOnceMore() async throws {
        let bench = try Bench()
        let firstStopped = Gate()
        let worker = bench.worker([
            .documentIngest: { job, context in
                if firstStopped.isOpen { return ["run": .integer(2)] }
                while !context.isCancelled { try? await Task.sleep(for: .milliseconds(1)) }
                firstStopped.open()
                return ["run": .integer(1)]
            }
        ]) { $0.heartbeatMilliseconds = 2 }
        try await bench.run(worker) {
            let job = try await bench.enqueue()
            try await bench.log.first(job.id, .running)
            try await bench.queue.recover(now: bench.clock.now)
            await firstStopped.wait()
            bench.queue.wake()
            let done = try await bench.log.first(job.id, .completed)
            #expect(done.result == #"{"run":2}"#)
        }
        #expect(bench.log.jobs.filter { $0.status == .completed }.count == 1)
    }

    // MARK: - Trouble

    @Test func aReportIsRepeatedUntilTheDatabaseTakesIt() async throws {
        let bench = try Bench()
        let gate = Gate()
        let worker = bench.worker([
            .documentIngest: { _, _ in
                await gate.wait()
                return [:]
            }
        ])
        try await bench.run(worker) {
            let job = try await bench.enqueue()
            try await bench.log.first(job.id, .running)
            bench.database.failWrites(20)
            gate.open()
            try await bench.log.first(job.id, .completed)
        }
        #expect(bench.database.remainingFailures == 0)
        #expect(bench.log.problems.contains { $0 as? StoreError == .full(path: "disk") })
    }

    @Test func troubleWhileTakingJobsPasses() async throws {
        let bench = try Bench()
        let worker = bench.worker([.documentIngest: { _, _ in [:] }]) { $0.pollMilliseconds = 2 }
        try await bench.run(worker) {
            try await bench.log.first(await bench.enqueue().id, .completed)
            let job = try await bench.enqueue()
            bench.database.failWrites(15)
            try await bench.log.first(job.id, .completed)
        }
    }

    // MARK: - Start and stop

    @Test func jobsOfADeadOwnerRunAtOnceAfterTheStart() async throws {
        let bench = try Bench()
        let job = try await bench.enqueue()
        _ = try await bench.queue.lease(queues: [.documents], owner: "dead", now: bench.clock.now)
        try await bench.run(bench.worker([.documentIngest: { _, _ in [:] }])) {
            try await bench.log.first(job.id, .queued)
            #expect(try await bench.log.first(job.id, .completed).attempts == 1)
        }
    }

    @Test func aGracefulStopLetsJobsFinishAndTakesNoMore() async throws {
        let bench = try Bench()
        let gate = Gate()
        let worker = bench.worker(
            [
                .documentIngest: { _, _ in
                    await gate.wait()
                    return [:]
                }
            ], concurrency: [.documents: 1])
        let run = Task { try await worker.run() }
        let first = try await bench.enqueue()
        let second = try await bench.enqueue()
        try await bench.log.first(first.id, .running)
        await worker.stop(graceMilliseconds: 30_000)
        gate.open()
        try await run.value
        #expect(try await bench.queue.job(first.id)?.status == .completed)
        #expect(try await bench.queue.job(second.id)?.status == .queued)
    }

    @Test func afterTheGraceUnfinishedJobsAreReleasedWithoutCountingTheTry() async throws {
        let bench = try Bench()
        let worker = bench.worker([
            .documentIngest: { _, _ in
                try await Task.sleep(for: .seconds(3_600))
                return [:]
            }
        ]) { $0.settleMilliseconds = 30_000 }
        let job = try await bench.enqueue()
        try await bench.run(worker, graceMilliseconds: 1) { try await bench.log.first(job.id, .running) }
        let released = try #require(try await bench.queue.job(job.id))
        #expect(released.status == .queued && released.attempts == 0 && released.lease == nil)
        #expect(released.error == nil)
    }

    @Test func aHandlerThatDoesNotStopIsLeftBehindWithoutItsLease() async throws {
        let bench = try Bench()
        let gate = Gate()
        let left = Gate()
        let worker = bench.worker([
            .documentIngest: { _, _ in
                await gate.waitStubbornly()
                left.open()
                return [:]
            }
        ])
        let job = try await bench.enqueue()
        try await bench.run(worker, graceMilliseconds: 1) { try await bench.log.first(job.id, .running) }
        let released = try #require(try await bench.queue.job(job.id))
        #expect(released.status == .queued && released.attempts == 0)
        gate.open()
        await left.wait()
        #expect(try await bench.queue.job(job.id) == released)
    }

    @Test func cancellingTheTaskAroundTheWorkerReleasesItsJobs() async throws {
        let bench = try Bench()
        let worker = bench.worker([
            .documentIngest: { _, _ in
                try await Task.sleep(for: .seconds(3_600))
                return [:]
            }
        ]) { $0.settleMilliseconds = 30_000 }
        let job = try await bench.enqueue()
        let run = Task { try await worker.run() }
        try await bench.log.first(job.id, .running)
        run.cancel()
        try await run.value
        #expect(try await bench.queue.job(job.id)?.status == .queued)
    }

    @Test func aWorkerStoppedBeforeItsStartReturnsAtOnce() async throws {
        let bench = try Bench()
        let job = try await bench.enqueue()
        let worker = bench.worker([.documentIngest: { _, _ in [:] }])
        await worker.stop(graceMilliseconds: 1_000)
        try await worker.run()
        #expect(try await bench.queue.job(job.id)?.status == .queued)
    }

    @Test func anUnreadableQueueIsReportedAtTheStart() async throws {
        let bench = try Bench()
        bench.database.failWrites(1)
        let worker = bench.worker([:])
        await #expect(throws: StoreError.full(path: "disk")) { try await worker.run() }
    }
}
