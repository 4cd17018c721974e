/// Intervals of a worker. The defaults are the contract's.
public struct JobWorkerSettings: Sendable, Hashable {
    public var heartbeatMilliseconds: Int64 = 10_000
    /// How often the queue is looked at without a signal: for due retries and lost leases.
    public var pollMilliseconds: Int64 = 1_000
    /// Shortest time between two progress writes of one job.
    public var progressMilliseconds: Int64 = 250
    /// How long handlers have to notice that they are to stop, once the grace of ``JobWorker/stop(graceMilliseconds:)``
    /// is over.
    public var settleMilliseconds: Int64 = 1_000
    /// Pause before a report that the database refused to store is tried again.
    public var reportRetryMilliseconds: Int64 = 500
    public var pruneMilliseconds: Int64 = 3_600_000

    public init() {}
}

/// What a worker tells the outside: for logs and for those who watch jobs.
public enum JobNotice: Sendable {
    /// The job was stored in a new state.
    case changed(Job)
    /// Something went wrong that the job's own record does not show in full.
    case problem(jobID: String?, any Error)
}

/// Runs jobs of the queue with a fixed number of handlers at once per queue.
///
/// One worker lives per process, and one process owns the database: at its start every lease in the file is dead.
/// It takes jobs at once when they are enqueued in this process and looks for due retries every second. A handler
/// that ignores a request to stop holds its place until it returns.
public actor JobWorker {
    private struct Run {
        let lease: JobLease
        let queue: QueueName
        let context: JobContext
        let handler: Task<[String: JobResultValue], any Error>
        var report: Task<Void, Never>?
    }

    private enum Phase { case new, running, stopping }

    private let queue: JobQueue
    private let handlers: [JobKind: JobHandler]
    private let concurrency: [QueueName: Int]
    private let settings: JobWorkerSettings
    private let now: @Sendable () -> Timestamp
    private let observe: @Sendable (JobNotice) -> Void
    private let owner: String
    private var phase = Phase.new
    private var graceMilliseconds: Int64 = 0
    private var runs: [String: Run] = [:]
    private var idleWaiter: CheckedContinuation<Void, Never>?
    private var prunedAt: Timestamp?

    /// - Parameters:
    ///   - concurrency: handlers at once per queue; queues left out are not served.
    ///   - now: the wall clock.
    ///   - observe: called from any thread, in the order of one job's changes; must return quickly.
    public init(
        queue: JobQueue, handlers: [JobKind: JobHandler], concurrency: [QueueName: Int],
        settings: JobWorkerSettings = JobWorkerSettings(), now: @escaping @Sendable () -> Timestamp = Timestamp.now,
        observe: @escaping @Sendable (JobNotice) -> Void = { _ in }
    ) {
        precondition(concurrency.values.allSatisfy { (1...256).contains($0) }, "1…256 handlers a queue: \(concurrency)")
        self.queue = queue
        self.handlers = handlers
        self.concurrency = concurrency
        self.settings = settings
        self.now = now
        self.observe = observe
        owner = queue.makeID(now())
    }

    /// Recovers the jobs of dead workers, then runs jobs until ``stop(graceMilliseconds:)`` or until the task around
    /// it is cancelled (no grace then). May be called once.
    /// - Throws: ``StoreError`` when the queue cannot be read at the start; later trouble goes to `observe`.
    public func run() async throws {
        precondition(phase != .running, "a worker runs once")
        guard phase == .new else { return }
        phase = .running
        // The database drops the calls of cancelled tasks; leases must not be left behind half told.
        let loop = Task { try await self.serve() }
        try await withTaskCancellationHandler {
            try await loop.value
        } onCancel: {
            Task { await self.stop(graceMilliseconds: 0) }
        }
    }

    private func serve() async throws {
        let wakeUps = queue.wakeUps()
        for job in try await queue.recover(now: now()) { observe(.changed(job)) }
        let poll = Task { [queue, settings] in
            while !Task.isCancelled {
                queue.wake()
                try? await Task.sleep(for: .milliseconds(settings.pollMilliseconds))
            }
        }
        for await _ in wakeUps {
            if phase == .stopping { break }
            await look()
        }
        poll.cancel()
        await drain()
    }

    /// Takes no more jobs, lets running ones go on for `graceMilliseconds`, then asks their handlers to stop and
    /// returns what is unfinished to the queue without counting the try. ``run()`` returns when that is done, at the
    /// latest a settle time after the grace: a handler that still does not return is left behind without its lease.
    public func stop(graceMilliseconds: Int64) {
        guard phase != .stopping else { return }
        self.graceMilliseconds = graceMilliseconds
        phase = .stopping
        queue.wake()
    }

    // MARK: - Taking jobs

    private func look() async {
        do {
            for leaseID in try await queue.cancelRequests(owner: owner) { halt(leaseID, .cancelRequested) }
            for job in try await queue.requeueExpired(now: now(), exceptOwner: owner) { observe(.changed(job)) }
            while phase == .running, let leased = try await queue.lease(queues: open, owner: owner, now: now()) {
                start(leased)
            }
            try await pruneNowAndThen()
        } catch {
            observe(.problem(jobID: nil, error))
        }
    }

    /// Queues with a free place.
    private var open: [QueueName] {
        let busy = Dictionary(grouping: runs.values, by: \.queue).mapValues(\.count)
        return concurrency.filter { busy[$0.key, default: 0] < $0.value }.map(\.key)
    }

    private func pruneNowAndThen() async throws {
        let time = now()
        if let prunedAt, time.milliseconds(since: prunedAt) < settings.pruneMilliseconds { return }
        prunedAt = time
        try await queue.prune(now: time)
    }

    private func start(_ leased: LeasedJob) {
        let context = JobContext()
        let handler = handlers[leased.job.kind] ?? Self.refuse
        let work = Task { try await handler(leased.job, context) }
        runs[leased.lease.id] = Run(
            lease: leased.lease, queue: leased.job.queue, context: context, handler: work, report: nil)
        observe(.changed(leased.job))
        runs[leased.lease.id]?.report = Task { await self.attend(leased.lease, context, work) }
    }

    private static let refuse: JobHandler = { job, _ in
        throw JobError(
            code: "unsupported_job", detail: "This server does not run jobs of the kind \(job.kind.rawValue).",
            isRetryable: false)
    }

    // MARK: - One job

    /// Keeps the lease and the progress up to date until the handler returns, then reports the outcome.
    private nonisolated func attend(
        _ lease: JobLease, _ context: JobContext, _ handler: Task<[String: JobResultValue], any Error>
    ) async {
        let heart = Task { await beat(lease) }
        let scribe = Task { await writeProgress(lease, context) }
        let outcome = await handler.result.flatMap { result in Result { try JobResultValue.json(result) } }
        heart.cancel()
        scribe.cancel()
        context.finishUpdates()
        await heart.value
        await scribe.value
        await writeUnwritten(lease, context)
        await report(outcome, lease, context)
        await finished(lease.id)
    }

    private nonisolated func beat(_ lease: JobLease) async {
        while (try? await Task.sleep(for: .milliseconds(settings.heartbeatMilliseconds))) != nil {
            do {
                try await queue.heartbeat(lease, now: now())
            } catch JobQueueError.refused, JobQueueError.unknownJob {
                await halt(lease.id, .leaseLost)
                return
            } catch {
                observe(.problem(jobID: lease.jobID, error))
            }
        }
    }

    private nonisolated func writeProgress(_ lease: JobLease, _ context: JobContext) async {
        for await _ in context.updates {
            await writeUnwritten(lease, context)
            try? await Task.sleep(for: .milliseconds(settings.progressMilliseconds))
        }
    }

    private nonisolated func writeUnwritten(_ lease: JobLease, _ context: JobContext) async {
        guard context.stopReason != .leaseLost, let progress = context.takeUnwritten() else { return }
        do {
            observe(.changed(try await queue.report(progress, lease, now: now())))
        } catch JobQueueError.refused, JobQueueError.unknownJob {
            await halt(lease.id, .leaseLost)
        } catch {
            observe(.problem(jobID: lease.jobID, error))
        }
    }

    /// Stores how the try ended; tries again while the database refuses, as nobody else may report for us.
    private nonisolated func report(
        _ outcome: Result<String, any Error>, _ lease: JobLease, _ context: JobContext
    ) async {
        while context.stopReason != .leaseLost {
            do {
                return observe(.changed(try await store(outcome, lease, context.stopReason)))
            } catch JobQueueError.refused, JobQueueError.unknownJob {
                return
            } catch {
                observe(.problem(jobID: lease.jobID, error))
                let pause = Duration.milliseconds(settings.reportRetryMilliseconds)
                guard (try? await Task.sleep(for: pause)) != nil else { return }
            }
        }
    }

    private nonisolated func store(
        _ outcome: Result<String, any Error>, _ lease: JobLease, _ stop: JobContext.Stop?
    ) async throws -> Job {
        switch (outcome, stop) {
        case (.success(let result), _):
            return try await queue.complete(lease, result: result, now: now())
        case (.failure, .cancelRequested):
            return try await queue.confirmCancel(lease, now: now())
        case (.failure, .workerStops):
            return try await queue.release(lease, now: now())
        case (.failure(let error as any JobFailure), _):
            let error = JobError(code: error.code, detail: error.detail, isRetryable: error.isRetryable)
            return try await queue.fail(lease, error: error, now: now())
        case (.failure(let error), _):
            observe(.problem(jobID: lease.jobID, error))
            let error = JobError(
                code: JobError.internalErrorCode, detail: "The job failed unexpectedly.", isRetryable: true)
            return try await queue.fail(lease, error: error, now: now())
        }
    }

    /// Tells a handler to stop.
    private func halt(_ leaseID: String, _ reason: JobContext.Stop) {
        guard let run = runs[leaseID] else { return }
        run.context.stop(reason)
        run.handler.cancel()
    }

    private func finished(_ leaseID: String) {
        runs[leaseID] = nil
        queue.wake()
        if runs.isEmpty { endIdleWait() }
    }

    // MARK: - Stopping

    private func drain() async {
        await waitUntilIdle(graceMilliseconds)
        for leaseID in runs.keys { halt(leaseID, .workerStops) }
        await waitUntilIdle(settings.settleMilliseconds)
        for run in runs.values {
            run.report?.cancel()
            do {
                observe(.changed(try await queue.release(run.lease, now: now())))
            } catch {
                observe(.problem(jobID: run.lease.jobID, error))
            }
        }
        runs = [:]
    }

    private func waitUntilIdle(_ milliseconds: Int64) async {
        guard !runs.isEmpty, milliseconds > 0 else { return }
        let timer = Task {
            guard (try? await Task.sleep(for: .milliseconds(milliseconds))) != nil else { return }
            self.endIdleWait()
        }
        await withCheckedContinuation { idleWaiter = $0 }
        timer.cancel()
    }

    private func endIdleWait() {
        idleWaiter?.resume()
        idleWaiter = nil
    }
}
