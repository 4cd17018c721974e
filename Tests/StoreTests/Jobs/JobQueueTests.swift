import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(5)))
struct JobQueueTests {
    private let scratch: Scratch
    private let database: SQLiteDatabase
    private let queue: JobQueue
    private let clock = ManualClock()
    private var now: Timestamp { clock.now }

    init() throws {
        scratch = try Scratch()
        database = try SQLiteDatabase(path: scratch.path("a.sqlite"), migrations: JobQueue.migrations)
        queue = JobQueue(database: database)
    }

    private func small(_ change: (inout JobQueueSettings) -> Void) -> JobQueue {
        var settings = JobQueueSettings()
        change(&settings)
        return JobQueue(database: database, settings: settings)
    }

    private func lease(_ queues: QueueName..., owner: String = "w") async throws -> LeasedJob? {
        try await queue.lease(queues: queues, owner: owner, now: now)
    }

    // MARK: - Enqueueing

    @Test func everyFieldComesBack() async throws {
        let new = NewJob(
            .documentIngest, payload: #"{"path":"a é"}"#, queue: .ai, priority: .high,
            subject: JobSubject(.document, id: "d1"), createdBy: "u1", maxAttempts: 5)
        let job = try await queue.enqueue(new, now: now)
        #expect(try await queue.job(job.id) == job)
        #expect(job.kind == .documentIngest && job.queue == .ai && job.priority == .high)
        #expect(job.payload == #"{"path":"a é"}"#)
        #expect(job.subject == JobSubject(.document, id: "d1"))
        #expect(job.createdBy == "u1" && job.createdAt == now)
        #expect(job.status == .queued && job.attempts == 0 && job.maxAttempts == 5)
        #expect(try await queue.job("unknown") == nil)
    }

    @Test func everyStateComesBackFromTheFile() async throws {
        let kinds: [JobKind] = [.documentIngest, .dataImport, .reportNarrative, .assistTask, .maintenance]
        for kind in kinds { try await queue.enqueue(NewJob(kind, subject: JobSubject(.index)), now: now) }
        let all = QueueName.allCases
        var stored: [Job] = []
        for number in 0..<5 {
            let leased = try #require(try await queue.lease(queues: all, owner: "w", now: now))
            let lease = leased.lease
            #expect(try await queue.job(lease.jobID) == leased.job)
            let progress = JobProgress(done: 3, total: 9, stage: "rows")
            #expect(try await queue.job(lease.jobID) != (try await queue.report(progress, lease, now: now)))
            clock.advance(milliseconds: 7)
            let error = JobError(code: "busy", detail: "Busy.", isRetryable: number == 1)
            switch number {
            case 0: stored.append(try await queue.complete(lease, result: #"{"pages":2}"#, now: now))
            case 1, 2: stored.append(try await queue.fail(lease, error: error, now: now))
            case 3: stored.append(try await queue.cancel(lease.jobID, now: now))
            default: stored.append(try await queue.heartbeat(lease, now: now))
            }
        }
        #expect(stored.map(\.status) == [.completed, .retrying, .failed, .cancelling, .running])
        for job in stored { #expect(try await queue.job(job.id) == job) }
        #expect(stored[0].result == #"{"pages":2}"#)
        #expect(stored[4].progress.stage == "rows" && stored[4].progress.percent == 33)
    }

    @Test func aJobCommitsOrFallsWithTheCallersTransaction() async throws {
        struct Stop: Error {}
        let queue = queue
        let now = now
        try await database.write { _ = try $0.execute("CREATE TABLE documents (id TEXT, job TEXT)") }
        let job = try await database.write { transaction in
            let job = try queue.enqueue(NewJob(.documentIngest), now: now, in: transaction)
            try transaction.execute("INSERT INTO documents VALUES ('d1', $1)", [job.id])
            return job
        }
        try? await database.write { transaction in
            try queue.enqueue(NewJob(.documentIngest), now: now, in: transaction)
            try transaction.execute("INSERT INTO documents VALUES ('d2', 'x')")
            throw Stop()
        }
        #expect(try await queue.jobs().map(\.id) == [job.id])
        #expect(try await database.read { try $0.rows("SELECT id FROM documents").count } == 1)
    }

    @Test func aFullQueueRefusesAndOthersDoNot() async throws {
        let queue = small { $0.queuedLimit = 3 }
        for _ in 0..<3 { try await queue.enqueue(NewJob(.documentIngest), now: now) }
        await #expect(throws: JobQueueError.queueFull(queue: .documents, limit: 3)) {
            try await queue.enqueue(NewJob(.documentReindex), now: now)
        }
        try await queue.enqueue(NewJob(.maintenance), now: now)
        // A job under way no longer waits.
        _ = try await queue.lease(queues: [.documents], owner: "w", now: now)
        try await queue.enqueue(NewJob(.documentIngest), now: now)
        #expect(JobQueueSettings().queuedLimit == 10_000)
    }

    @Test func anOversizedPayloadIsRefused() async throws {
        let queue = small { $0.payloadLimitBytes = 10 }
        try await queue.enqueue(NewJob(.maintenance, payload: "\"12345678\""), now: now)
        await #expect(throws: JobQueueError.payloadTooLarge(sizeBytes: 11, limitBytes: 10)) {
            try await queue.enqueue(NewJob(.maintenance, payload: "\"1234567é\""), now: now)
        }
    }

    // MARK: - Leases

    @Test func priorityThenAgeThenNothing() async throws {
        var ids: [JobPriority: String] = [:]
        for priority in [JobPriority.low, .urgent, .normal, .high] {
            ids[priority] = try await queue.enqueue(NewJob(.documentIngest, priority: priority), now: now).id
            clock.advance(milliseconds: 1)
        }
        let second = try await queue.enqueue(NewJob(.documentIngest, priority: .urgent), now: now).id
        var order: [String?] = []
        for _ in 0..<6 { order.append(try await lease(.documents)?.job.id) }
        #expect(order == [ids[.urgent], second, ids[.high], ids[.normal], ids[.low], nil])
    }

    @Test func onlyTheNamedQueuesAreServed() async throws {
        try await queue.enqueue(NewJob(.documentIngest, priority: .urgent), now: now)
        let rows = try await queue.enqueue(NewJob(.dataImport, priority: .low), now: now)
        #expect(try await lease() == nil)
        #expect(try await lease(.ai, .reports) == nil)
        #expect(try await lease(.data, .ai)?.job.id == rows.id)
        #expect(try await lease(.data) == nil)
    }

    @Test func aDueRetryKeepsItsAge() async throws {
        let old = try await queue.enqueue(NewJob(.documentIngest), now: now)
        let leased = try #require(try await lease(.documents))
        let error = JobError(code: "busy", detail: "Busy.", isRetryable: true)
        let failed = try await queue.fail(leased.lease, error: error, now: now)
        clock.advance(milliseconds: 1)
        let young = try await queue.enqueue(NewJob(.documentIngest), now: now)
        #expect(try await lease(.documents)?.job.id == young.id)
        #expect(try await lease(.documents) == nil)
        let due = try #require(failed.nextAttemptAt)
        clock.advance(milliseconds: due.milliseconds(since: now) - 1)
        #expect(try await lease(.documents) == nil)
        clock.advance(milliseconds: 1)
        try await queue.enqueue(NewJob(.documentIngest), now: now)
        let again = try #require(try await lease(.documents))
        #expect(again.job.id == old.id)
        #expect(again.job.attempts == 2 && again.job.status == .running && again.job.nextAttemptAt == nil)
    }

    @Test func aWorkerThatLostItsLeaseIsRefused() async throws {
        try await queue.enqueue(NewJob(.documentIngest), now: now)
        let first = try #require(try await lease(.documents, owner: "a"))
        clock.advance(milliseconds: 60_000)
        #expect(try await queue.requeueExpired(now: now).map(\.status) == [.queued])
        let second = try #require(try await lease(.documents, owner: "b"))
        #expect(second.job.id == first.job.id && second.job.attempts == 2)
        let refusal = JobQueueError.refused(jobID: first.job.id, .leaseLost)
        let error = JobError(code: "busy", detail: "Busy.", isRetryable: true)
        let (queue, lease, now) = (queue, first.lease, now)
        await #expect(throws: refusal) { try await queue.heartbeat(lease, now: now) }
        await #expect(throws: refusal) { try await queue.report(JobProgress(percent: 9), lease, now: now) }
        await #expect(throws: refusal) { try await queue.complete(lease, result: "{}", now: now) }
        await #expect(throws: refusal) { try await queue.fail(lease, error: error, now: now) }
        await #expect(throws: refusal) { try await queue.confirmCancel(lease, now: now) }
        await #expect(throws: refusal) { try await queue.release(lease, now: now) }
        #expect(try await queue.job(first.job.id) == second.job)
        #expect(try await queue.complete(second.lease, result: "{}", now: now).status == .completed)
        await #expect(throws: refusal) { try await queue.complete(second.lease, result: "{}", now: now) }
    }

    @Test func heartbeatsKeepALease() async throws {
        try await queue.enqueue(NewJob(.documentIngest), now: now)
        let leased = try #require(try await lease(.documents))
        for _ in 0..<5 {
            clock.advance(milliseconds: 50_000)
            let job = try await queue.heartbeat(leased.lease, now: now)
            #expect(job.lease?.expiresAt == now.adding(milliseconds: 60_000))
            #expect(try await queue.requeueExpired(now: now) == [])
        }
        clock.advance(milliseconds: 60_000)
        #expect(try await queue.requeueExpired(now: now, exceptOwner: "w") == [])
        #expect(try await queue.requeueExpired(now: now, exceptOwner: "x").count == 1)
    }

    @Test func atTheStartEveryLeaseIsDead() async throws {
        for _ in 0..<3 { try await queue.enqueue(NewJob(.documentIngest, maxAttempts: 2), now: now) }
        let first = try #require(try await lease(.documents))
        _ = try await lease(.documents)
        try await queue.cancel(first.job.id, now: now)
        let recovered = try await queue.recover(now: now)
        #expect(recovered.map(\.status).sorted { $0.rawValue < $1.rawValue } == [.cancelled, .queued])
        #expect(try await queue.recover(now: now) == [])
        // A try that died with its process does not count.
        for _ in 0..<3 {
            _ = try await lease(.documents)
            #expect(try await queue.recover(now: now).map(\.status) == [.queued])
        }
    }

    @Test func aReportGoesThroughWhenItsTaskIsCancelled() async throws {
        try await queue.enqueue(NewJob(.documentIngest), now: now)
        let leased = try #require(try await lease(.documents))
        let task = Task { [queue, now] in
            withUnsafeCurrentTask { $0?.cancel() }
            return try await queue.release(leased.lease, now: now)
        }
        #expect(try await task.value.status == .queued)
    }

    // MARK: - Cancelling

    @Test func cancelByStatus() async throws {
        let waiting = try await queue.enqueue(NewJob(.documentIngest), now: now)
        #expect(try await queue.cancel(waiting.id, now: now).status == .cancelled)
        await #expect(
            throws: JobQueueError.refused(
                jobID: waiting.id, .notAllowed(event: "cancelRequested", status: .cancelled))
        ) { try await queue.cancel(waiting.id, now: now) }
        await #expect(throws: JobQueueError.unknownJob(id: "x")) { try await queue.cancel("x", now: now) }
        try await queue.enqueue(NewJob(.documentIngest), now: now)
        let leased = try #require(try await lease(.documents))
        #expect(try await queue.cancelRequests(owner: "w") == [])
        #expect(try await queue.cancel(leased.job.id, now: now).status == .cancelling)
        #expect(try await queue.cancelRequests(owner: "w") == [leased.lease.id])
        #expect(try await queue.cancelRequests(owner: "other") == [])
        #expect(try await queue.heartbeat(leased.lease, now: now).status == .cancelling)
        #expect(try await queue.confirmCancel(leased.lease, now: now).status == .cancelled)
        #expect(try await queue.cancelRequests(owner: "w") == [])
    }

    // MARK: - Looking

    @Test func listsAreFilteredAndPaged() async throws {
        var ids: [String] = []
        for number in 0..<10 {
            let new = NewJob(
                number.isMultiple(of: 2) ? .documentIngest : .dataImport,
                subject: JobSubject(.document, id: "d\(number % 3)"), createdBy: "u\(number % 2)")
            ids.append(try await queue.enqueue(new, now: now).id)
            clock.advance(milliseconds: 1)
        }
        let newest = Array(ids.reversed())
        #expect(try await queue.jobs().map(\.id) == newest)
        #expect(try await queue.jobs(limit: 4).map(\.id) == Array(newest[..<4]))
        #expect(try await queue.jobs(before: newest[3], limit: 4).map(\.id) == Array(newest[4..<8]))
        #expect(try await queue.jobs(before: newest[9]).isEmpty)
        #expect(try await queue.jobs(limit: 0).isEmpty)
        #expect(try await queue.jobs(limit: -5).isEmpty)
        func count(_ filter: JobFilter) async throws -> Int { try await queue.jobs(filter).count }
        #expect(try await count(JobFilter(queue: .data)) == 5)
        #expect(try await count(JobFilter(kind: .documentIngest)) == 5)
        #expect(try await count(JobFilter(subject: JobSubject(.document, id: "d0"))) == 4)
        #expect(try await count(JobFilter(subject: JobSubject(.document))) == 10)
        #expect(try await count(JobFilter(createdBy: "u1")) == 5)
        #expect(try await count(JobFilter(kind: .dataImport, createdBy: "u0")) == 0)
        _ = try await lease(.data)
        #expect(try await count(JobFilter(queue: .data, status: .running)) == 1)
    }

    @Test func countsByQueueAndStatus() async throws {
        #expect(try await queue.counts() == [])
        for _ in 0..<3 { try await queue.enqueue(NewJob(.documentIngest), now: now) }
        try await queue.enqueue(NewJob(.dataImport), now: now)
        _ = try await lease(.documents)
        let counts = try await queue.counts().map { "\($0.queue.rawValue) \($0.status.rawValue) \($0.count)" }
        #expect(counts == ["data queued 1", "documents queued 2", "documents running 1"])
    }

    @Test func oldFinishedJobsGoImportsStayAYear() async throws {
        for kind in [JobKind.documentIngest, .dataImport] {
            for _ in 0..<2 { try await queue.enqueue(NewJob(kind), now: now) }
            let leased = try #require(try await queue.lease(queues: [kind.queue], owner: "w", now: now))
            try await queue.complete(leased.lease, result: "{}", now: now)
        }
        let day: Int64 = 86_400_000
        #expect(try await queue.prune(now: now.adding(milliseconds: 30 * day)) == 0)
        #expect(try await queue.prune(now: now.adding(milliseconds: 30 * day + 1)) == 1)
        #expect(try await queue.prune(now: now.adding(milliseconds: 365 * day)) == 0)
        #expect(try await queue.prune(now: now.adding(milliseconds: 365 * day + 1)) == 1)
        // Jobs that wait are never removed, however old.
        #expect(try await queue.prune(now: now.adding(milliseconds: 3_650 * day)) == 0)
        #expect(try await queue.counts().map(\.count) == [1, 1])
    }

    @Test func pruningGoesOnBeyondOneBatch() async throws {
        let (queue, now) = (queue, now)
        try await database.write { transaction in
            for _ in 0..<2_300 {
                let job = try queue.enqueue(NewJob(.maintenance), now: now, in: transaction)
                try queue.cancel(job.id, now: now, in: transaction)
            }
        }
        #expect(try await queue.prune(now: now.adding(milliseconds: 31 * 86_400_000)) == 2_300)
    }

    @Test func aRowWithAnUnknownWordIsAnErrorNotACrash() async throws {
        let job = try await queue.enqueue(NewJob(.documentIngest), now: now)
        for (column, value) in [
            ("kind", "'dance'"), ("status", "'odd'"), ("queue", "'x'"), ("priority", "9"), ("attempts", "-1"),
            ("max_attempts", "9223372036854775807"), ("percent", "'much'"), ("subject_type", "'ship'"),
        ] {
            struct Undo: Error {}
            await #expect(throws: StoreError.self, "\(column)") {
                try await database.write { transaction in
                    try transaction.execute("UPDATE jobs SET \(column) = \(value)")
                    try queue.cancel(job.id, now: now, in: transaction)
                }
            }
        }
        #expect(try await queue.job(job.id) == job)
    }

    // MARK: - Random orders

    @Test func randomUseMatchesAPlainList() async throws {
        for seed in UInt64(1)...4 {
            var generator = SeededGenerator(seed: seed)
            let database = try SQLiteDatabase(path: scratch.path("\(seed).sqlite"), migrations: JobQueue.migrations)
            let queue = JobQueue(database: database)
            var now = now
            var waiting: [Job] = []
            var held: [LeasedJob] = []
            var finished = 0
            let queues: [QueueName] = [.documents, .data]
            for step in 0..<250 {
                now = now.adding(milliseconds: Int64.random(in: 0...200_000, using: &generator))
                let place: Comment = "seed \(seed), step \(step)"
                switch Int.random(in: 0..<10, using: &generator) {
                case 0...4:
                    let kind: JobKind = Bool.random(using: &generator) ? .documentIngest : .dataImport
                    let priority = JobPriority.allCases.randomElement(using: &generator) ?? .low
                    let new = NewJob(kind, priority: priority, maxAttempts: 100)
                    waiting.append(try await queue.enqueue(new, now: now))
                case 5, 6:
                    // The oracle looks at every waiting job.
                    let asked = Bool.random(using: &generator) ? queues : [.data]
                    let expected = waiting.filter { asked.contains($0.queue) && ($0.nextAttemptAt ?? now) <= now }
                        .min { Self.comesFirst($0, $1, now: now) }
                    let leased = try await queue.lease(queues: asked, owner: "w", now: now)
                    #expect(leased?.job.id == expected?.id, place)
                    guard let leased else { continue }
                    waiting.removeAll { $0.id == leased.job.id }
                    held.append(leased)
                default:
                    guard let index = held.indices.randomElement(using: &generator) else { continue }
                    let lease = held.remove(at: index).lease
                    let error = JobError(code: "busy", detail: "Busy.", isRetryable: true)
                    switch Int.random(in: 0..<4, using: &generator) {
                    case 0: waiting.append(try await queue.fail(lease, error: error, now: now))
                    case 1: waiting.append(try await queue.release(lease, now: now))
                    case 2:
                        finished += 1
                        try await queue.complete(lease, result: "{}", now: now)
                    default:
                        finished += 1
                        try await queue.cancel(lease.jobID, now: now)
                        try await queue.confirmCancel(lease, now: now)
                    }
                }
            }
            let counts = try await queue.counts()
            func sum(_ statuses: JobStatus...) -> Int {
                counts.filter { statuses.contains($0.status) }.map(\.count).reduce(0, +)
            }
            #expect(sum(.queued, .retrying) == waiting.count, "seed \(seed)")
            #expect(sum(.running) == held.count, "seed \(seed)")
            #expect(sum(.completed, .cancelled) == finished, "seed \(seed)")
            try await database.close()
        }
    }

    private static func comesFirst(_ left: Job, _ right: Job, now: Timestamp) -> Bool {
        func level(_ job: Job) -> Int64 {
            let minutes = (now.milliseconds - job.createdAt.milliseconds) / 60_000
            let base: [JobPriority: Int64] = [.low: 0, .normal: 1, .high: 2, .urgent: 3]
            return min(3, (base[job.priority] ?? 0) + minutes / 10)
        }
        if level(left) != level(right) { return level(left) > level(right) }
        if left.createdAt != right.createdAt { return left.createdAt < right.createdAt }
        return left.id < right.id
    }

    @Test func twoWorkersNeverHoldTheSameJob() async throws {
        for _ in 0..<60 { try await queue.enqueue(NewJob(.documentIngest), now: now) }
        let ids = try await withThrowingTaskGroup(of: [String].self) { group in
            for owner in 0..<4 {
                group.addTask { [queue, now] in
                    var ids: [String] = []
                    while let leased = try await queue.lease(queues: [.documents], owner: "w\(owner)", now: now) {
                        ids.append(leased.job.id)
                    }
                    return ids
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(ids.count == 60)
        #expect(Set(ids).count == 60)
    }
}
