import Synchronization

/// Ceilings and times of the queue. The defaults are the contract's.
public struct JobQueueSettings: Sendable, Hashable {
    /// Jobs that may wait in one queue.
    public var queuedLimit = 10_000
    public var leaseMilliseconds: Int64 = 60_000
    public var backoff = JobBackoff()
    /// Finished jobs are kept that long, data imports longer.
    public var retentionMilliseconds: Int64 = 30 * 86_400_000
    public var importRetentionMilliseconds: Int64 = 365 * 86_400_000
    public var payloadLimitBytes = 1 << 20

    public init() {}
}

/// The durable job queue: rows of the database, each step one short transaction.
///
/// Safe to call from any task. Times are handed in, so every rule can be tested without waiting. Every method throws
/// ``StoreError`` beside what it names; ``JobQueueError/refused(jobID:_:)`` with ``JobRefusal/leaseLost`` tells a
/// worker that somebody else holds its job.
public final class JobQueue: Sendable {
    /// To be joined to the migrations of the database.
    public static let migrations = JobTable.migrations
    public let settings: JobQueueSettings
    private let database: any Database
    private let random: @Sendable () -> UInt64
    private let ids = UUIDv7()
    private let signal = JobSignal()
    private static let pruneBatch = 1_000
    private static let pageLimit = 200

    /// - Parameter random: source of ids and jitter; must be callable from any thread.
    public init(
        database: any Database, settings: JobQueueSettings = JobQueueSettings(),
        random: @escaping @Sendable () -> UInt64 = { UInt64.random(in: .min ... .max) }
    ) {
        self.database = database
        self.settings = settings
        self.random = random
    }

    // MARK: - Callers

    /// Adds a job inside the caller's transaction: it exists exactly if that commits. Workers wake at once.
    /// - Throws: ``JobQueueError/queueFull(queue:limit:)``, ``JobQueueError/payloadTooLarge(sizeBytes:limitBytes:)``.
    @discardableResult
    public func enqueue(_ new: NewJob, now: Timestamp, in transaction: any WriteTransaction) throws -> Job {
        let sizeBytes = new.payload.utf8.count
        guard sizeBytes <= settings.payloadLimitBytes else {
            throw JobQueueError.payloadTooLarge(sizeBytes: sizeBytes, limitBytes: settings.payloadLimitBytes)
        }
        guard try JobTable.count(.queued, queue: new.queue, in: transaction) < settings.queuedLimit else {
            throw JobQueueError.queueFull(queue: new.queue, limit: settings.queuedLimit)
        }
        let job = Job(
            id: makeID(now), kind: new.kind, queue: new.queue, priority: new.priority, payload: new.payload,
            subject: new.subject, createdBy: new.createdBy, createdAt: now,
            state: JobState(maxAttempts: new.maxAttempts))
        try JobTable.insert(job, in: transaction)
        // Before the commit, yet not too early: a worker's lease is a write, and writes wait for this one.
        wake()
        return job
    }

    /// Adds a job in a transaction of its own.
    @discardableResult
    public func enqueue(_ new: NewJob, now: Timestamp) async throws -> Job {
        try await database.write { try self.enqueue(new, now: now, in: $0) }
    }

    /// Asks for an end. A waiting job is cancelled at once, a running one when its handler notices. Asking twice is
    /// no error; a finished job refuses.
    @discardableResult
    public func cancel(_ id: String, now: Timestamp, in transaction: any WriteTransaction) throws -> Job {
        let job = try apply(.cancelRequested, to: id, at: now, in: transaction)
        wake()
        return job
    }

    @discardableResult
    public func cancel(_ id: String, now: Timestamp) async throws -> Job {
        try await database.write { try self.cancel(id, now: now, in: $0) }
    }

    public func job(_ id: String) async throws -> Job? {
        try await database.read { try JobTable.job(id, in: $0) }
    }

    /// Jobs that match, newest first, at most 200. `before` is the last id of the page before.
    public func jobs(_ filter: JobFilter = JobFilter(), before: String? = nil, limit: Int = 50) async throws -> [Job] {
        let limit = min(max(limit, 0), Self.pageLimit)
        return try await database.read { try JobTable.jobs(filter, before: before, limit: limit, in: $0) }
    }

    /// How many jobs each queue holds in each status; pairs without jobs are left out.
    public func counts() async throws -> [JobCount] {
        try await database.read { try JobTable.counts(in: $0) }
    }

    // MARK: - Workers

    /// Takes the job whose turn it is in `queues`, or nil. Order: see ``JobTurn``; a due retry keeps its age.
    public func lease(queues: [QueueName], owner: String, now: Timestamp) async throws -> LeasedJob? {
        try await database.write { transaction in
            let turns = try queues.flatMap { try JobTable.turns($0, now: now, in: transaction) }
            guard let turn = turns.max() else { return nil }
            let lease = JobLease(
                jobID: turn.id, id: self.makeID(now), owner: owner,
                expiresAt: now.adding(milliseconds: self.settings.leaseMilliseconds))
            let isRetry = try JobTable.job(turn.id, in: transaction)?.status == .retrying
            let events: [JobEvent] = isRetry ? [.retryDue, .leased(lease)] : [.leased(lease)]
            let job = try self.apply(events, to: turn.id, at: now, in: transaction)
            return LeasedJob(job: job, lease: lease)
        }
    }

    /// Prolongs the lease. The answer's status also tells whether the job is to be cancelled.
    @discardableResult
    public func heartbeat(_ lease: JobLease, now: Timestamp) async throws -> Job {
        let expiresAt = now.adding(milliseconds: settings.leaseMilliseconds)
        return try await apply(.heartbeat(leaseID: lease.id, expiresAt: expiresAt), to: lease.jobID, at: now)
    }

    /// Stores how far the work has come; a percentage below the stored one keeps that.
    @discardableResult
    public func report(_ progress: JobProgress, _ lease: JobLease, now: Timestamp) async throws -> Job {
        try await apply(.progress(leaseID: lease.id, progress), to: lease.jobID, at: now)
    }

    /// - Parameter result: flat JSON object with at most 50 members.
    @discardableResult
    public func complete(_ lease: JobLease, result: String, now: Timestamp) async throws -> Job {
        try await apply(.succeeded(leaseID: lease.id, result: result), to: lease.jobID, at: now)
    }

    /// Ends the try: `retrying` where the error and the attempts allow it, else `failed`, a dead letter.
    @discardableResult
    public func fail(_ lease: JobLease, error: JobError, now: Timestamp) async throws -> Job {
        try await apply(.failed(leaseID: lease.id, error), to: lease.jobID, at: now)
    }

    /// Says that the handler has stopped because the job is to be cancelled.
    @discardableResult
    public func confirmCancel(_ lease: JobLease, now: Timestamp) async throws -> Job {
        try await apply(.cancelled(leaseID: lease.id), to: lease.jobID, at: now)
    }

    /// Hands the job back unfinished; the try does not count.
    @discardableResult
    public func release(_ lease: JobLease, now: Timestamp) async throws -> Job {
        let job = try await apply(.released(leaseID: lease.id), to: lease.jobID, at: now)
        wake()
        return job
    }

    /// Puts jobs whose lease ran out back in line, or among the failed when no try is left.
    /// - Parameter owner: a worker that knows itself alive leaves its own leases alone.
    @discardableResult
    public func requeueExpired(now: Timestamp, exceptOwner owner: String? = nil) async throws -> [Job] {
        try await database.write { transaction in
            try JobTable.held(expiringBy: now, exceptOwner: owner, in: transaction)
                .map { try self.apply(.leaseExpired, to: $0, at: now, in: transaction) }
        }
    }

    /// Ends every lease in the file, however long it lasts. For the start of a process that owns the data folder:
    /// nobody else can be at work then.
    @discardableResult
    public func recover(now: Timestamp) async throws -> [Job] {
        try await database.write { transaction in
            try JobTable.held(expiringBy: nil, exceptOwner: nil, in: transaction)
                .map { try self.apply(.ownerDied, to: $0, at: now, in: transaction) }
        }
    }

    /// Ids of the leases of `owner` whose jobs are to be cancelled.
    public func cancelRequests(owner: String) async throws -> [String] {
        try await database.read { try JobTable.cancelling(owner: owner, in: $0) }
    }

    /// Removes jobs that finished longer ago than they are kept. Returns how many.
    @discardableResult
    public func prune(now: Timestamp) async throws -> Int {
        var removed = 0
        for (imports, kept) in [(false, settings.retentionMilliseconds), (true, settings.importRetentionMilliseconds)] {
            let end = now.adding(milliseconds: -kept)
            while true {
                let batch = try await database.write {
                    try JobTable.removeFinished(before: end, imports: imports, limit: Self.pruneBatch, in: $0)
                }
                removed += batch
                if batch < Self.pruneBatch { break }
            }
        }
        return removed
    }

    // MARK: - Wake-ups

    /// Makes every worker of this process look at the queue at once.
    public func wake() { signal.fire() }

    /// One element for each ``wake()``, several in a row joined; ends when the task around it is cancelled.
    func wakeUps() -> AsyncStream<Void> { signal.listen() }

    // MARK: -

    func makeID(_ now: Timestamp) -> String {
        var generator = SourceGenerator(source: random)
        return ids.next(at: now, using: &generator)
    }

    /// A worker's report. It goes through also when the task around it is cancelled: that is when it matters.
    private func apply(_ event: JobEvent, to id: String, at now: Timestamp) async throws -> Job {
        try await Task { [database] in
            try await database.write { try self.apply(event, to: id, at: now, in: $0) }
        }.value
    }

    private func apply(
        _ event: JobEvent, to id: String, at now: Timestamp, in transaction: any WriteTransaction
    ) throws -> Job {
        try apply([event], to: id, at: now, in: transaction)
    }

    private func apply(
        _ events: [JobEvent], to id: String, at now: Timestamp, in transaction: any WriteTransaction
    ) throws -> Job {
        guard let before = try JobTable.job(id, in: transaction) else { throw JobQueueError.unknownJob(id: id) }
        var job = before
        var generator = SourceGenerator(source: random)
        do throws(JobRefusal) {
            for event in events {
                job.state = try job.state.applying(event, at: now, backoff: settings.backoff, using: &generator)
            }
        } catch {
            throw JobQueueError.refused(jobID: id, error)
        }
        assert(job.state.brokenInvariants().isEmpty, "\(job.state.brokenInvariants())")
        if job != before { try JobTable.update(job, in: transaction) }
        return job
    }
}

private struct SourceGenerator: RandomNumberGenerator {
    let source: @Sendable () -> UInt64
    mutating func next() -> UInt64 { source() }
}

/// Tells everybody who listens that there may be something to do.
private final class JobSignal: Sendable {
    private struct Listeners {
        var nextKey = 0
        var continuations: [Int: AsyncStream<Void>.Continuation] = [:]
    }
    private let listeners = Mutex(Listeners())

    func fire() {
        let continuations = listeners.withLock { Array($0.continuations.values) }
        for continuation in continuations { continuation.yield() }
    }

    func listen() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        let key = listeners.withLock { listeners in
            listeners.nextKey += 1
            listeners.continuations[listeners.nextKey] = continuation
            return listeners.nextKey
        }
        continuation.onTermination = { [weak self] _ in
            self?.listeners.withLock { _ = $0.continuations.removeValue(forKey: key) }
        }
        return stream
    }
}
