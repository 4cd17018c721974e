/// What can happen to a job. A worker's reports carry the id of the lease under which it worked.
public enum JobEvent: Sendable, Hashable {
    /// A worker takes the job.
    case leased(JobLease)
    /// The worker is alive; the lease now lasts until `expiresAt`.
    case heartbeat(leaseID: String, expiresAt: Timestamp)
    case progress(leaseID: String, JobProgress)
    case succeeded(leaseID: String, result: String)
    case failed(leaseID: String, JobError)
    /// The handler gave up because the job is to be cancelled.
    case cancelled(leaseID: String)
    /// Graceful stop: the worker hands the job back, the try does not count.
    case released(leaseID: String)
    /// The lease ran out without a heartbeat.
    case leaseExpired
    /// The process that held the lease is known to be gone: killed, or out of power. That says nothing of the job, so
    /// the try does not count.
    case ownerDied
    case cancelRequested
    /// The pause before the next try is over.
    case retryDue

    var name: String {
        switch self {
        case .leased: "leased"
        case .heartbeat: "heartbeat"
        case .progress: "progress"
        case .succeeded: "succeeded"
        case .failed: "failed"
        case .cancelled: "cancelled"
        case .released: "released"
        case .leaseExpired: "leaseExpired"
        case .ownerDied: "ownerDied"
        case .cancelRequested: "cancelRequested"
        case .retryDue: "retryDue"
        }
    }

    /// The lease under which a worker reports; nil for events that do not come from a worker at work.
    var reportingLease: String? {
        switch self {
        case .heartbeat(let lease, _), .progress(let lease, _), .succeeded(let lease, _), .failed(let lease, _),
            .cancelled(let lease), .released(let lease):
            lease
        case .leased, .leaseExpired, .ownerDied, .cancelRequested, .retryDue: nil
        }
    }
}

/// Why an event changes nothing.
public enum JobRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// The reporting worker no longer holds the job: it must drop its work.
    case leaseLost
    /// The lease lasts until then.
    case leaseHeld(until: Timestamp)
    /// The next try is not due before then.
    case notDue(until: Timestamp)
    /// The event has no meaning in this status.
    case notAllowed(event: String, status: JobStatus)

    public var description: String {
        switch self {
        case .leaseLost:
            "The worker's lease on the job has ended. Drop the work; another worker does it."
        case .leaseHeld(let until):
            "The job's lease lasts until \(until.milliseconds) ms since 1970. Wait until then."
        case .notDue(let until):
            "The job's next attempt is due at \(until.milliseconds) ms since 1970. Wait until then."
        case .notAllowed(let event, let status):
            "A job that is \(status.rawValue) does not take the event \(event)."
        }
    }
}

/// The life of a job, as a pure function: no clock, no input or output.
///
/// ```
/// queued ──leased──▶ running ──succeeded──▶ completed
///   ▲                  │ ├──failed──▶ retrying ──retryDue──▶ queued
///   ├──lease lost──────┤ ├──failed for good──▶ failed
///   └──released────────┘ └──cancelRequested──▶ cancelling ──any end──▶ cancelled
/// queued, retrying ──cancelRequested──▶ cancelled
/// ```
///
/// A job that is to be cancelled always ends as `cancelled`, whatever its handler reports; a result or error that
/// came too late is kept beside it. A lease that ran out counts as a try: a handler that hangs ends among the failed.
extension JobState {
    /// The state after `event` at `now`.
    /// - Throws: ``JobRefusal``; nothing is to be stored then.
    public func applying(
        _ event: JobEvent, at now: Timestamp, backoff: JobBackoff, using generator: inout some RandomNumberGenerator
    ) throws(JobRefusal) -> JobState {
        if let reporting = event.reportingLease, lease?.id != reporting { throw .leaseLost }
        var next = self
        switch (status, event) {
        case (.queued, .leased(let lease)):
            next.begin(lease, at: now)
        case (.running, .heartbeat(_, let expiresAt)), (.cancelling, .heartbeat(_, let expiresAt)):
            next.lease?.expiresAt = max(lease?.expiresAt ?? expiresAt, expiresAt)
        case (.running, .progress(_, var report)), (.cancelling, .progress(_, var report)):
            report.percent = max(progress.percent, report.percent)
            next.progress = report
        case (.running, .succeeded(_, let result)):
            next.end(.completed, at: now)
            next.progress.percent = 100
            next.result = result
        case (.running, .failed(_, let error)):
            let delay = backoff.delayMilliseconds(afterAttempt: attempts, using: &generator)
            next.fail(error, retryAt: now.adding(milliseconds: delay), at: now)
        case (.running, .released), (.running, .ownerDied):
            next.attempts = max(0, attempts - 1)
            next.wait()
        case (.running, .leaseExpired), (.cancelling, .leaseExpired):
            if event == .leaseExpired, let lease, lease.expiresAt > now { throw .leaseHeld(until: lease.expiresAt) }
            next.lose(at: now)
        case (.running, .cancelRequested):
            next.status = .cancelling
        case (.cancelling, .cancelRequested):
            break
        case (.queued, .cancelRequested), (.retrying, .cancelRequested), (.cancelling, .cancelled),
            (.cancelling, .released), (.cancelling, .ownerDied):
            next.end(.cancelled, at: now)
        case (.cancelling, .succeeded(_, let result)):
            next.end(.cancelled, at: now)
            next.result = result
        case (.cancelling, .failed(_, let error)):
            next.end(.cancelled, at: now)
            next.error = error
        case (.retrying, .retryDue):
            if let nextAttemptAt, nextAttemptAt > now { throw .notDue(until: nextAttemptAt) }
            next.wait()
        default:
            throw .notAllowed(event: event.name, status: status)
        }
        return next
    }

    private mutating func begin(_ lease: JobLease, at now: Timestamp) {
        status = .running
        attempts = min(attempts, maxAttempts - 1) + 1
        progress = JobProgress()
        error = nil
        self.lease = lease
        startedAt = now
    }

    private mutating func wait() {
        status = .queued
        lease = nil
        nextAttemptAt = nil
    }

    private mutating func end(_ final: JobStatus, at now: Timestamp) {
        status = final
        lease = nil
        nextAttemptAt = nil
        finishedAt = now
    }

    private mutating func fail(_ error: JobError, retryAt: Timestamp, at now: Timestamp) {
        if error.isRetryable && attempts < maxAttempts {
            status = .retrying
            lease = nil
            nextAttemptAt = retryAt
        } else {
            end(.failed, at: now)
        }
        self.error = error
    }

    /// The worker is gone: the job returns to the line at once while it has tries left.
    private mutating func lose(at now: Timestamp) {
        if status == .cancelling {
            end(.cancelled, at: now)
        } else if attempts < maxAttempts {
            wait()
            error = .leaseLost
        } else {
            end(.failed, at: now)
            error = .leaseLost
        }
    }
}

extension JobState {
    /// What must hold in every stored state. Returns the rules broken, empty when sound.
    func brokenInvariants() -> [String] {
        var broken: [String] = []
        func require(_ holds: Bool, _ rule: String) {
            if !holds { broken.append(rule) }
        }
        require((lease != nil) == status.isHeld, "a lease exists exactly while a worker holds the job")
        require((nextAttemptAt != nil) == (status == .retrying), "a next attempt is planned exactly while retrying")
        require((finishedAt != nil) == status.isFinal, "an end is recorded exactly in final states")
        require((0...maxAttempts).contains(attempts), "attempts lie in 0…\(maxAttempts)")
        require(!status.isHeld || attempts > 0, "a held job has begun an attempt")
        require(status != .queued && status != .retrying || attempts < maxAttempts, "a waiting job has tries left")
        require(status != .completed || progress.percent == 100, "a completed job stands at 100 percent")
        require(status != .completed || result != nil, "a completed job has a result")
        require(status != .failed && status != .retrying || error != nil, "a failed try has an error")
        return broken
    }
}
