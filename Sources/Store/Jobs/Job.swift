/// One piece of durable work.
///
/// Delivery is at least once: after a crash a handler meets the same job again, so handlers are idempotent.
@dynamicMemberLookup
public struct Job: Sendable, Hashable {
    /// UUID version 7: text order is the order of enqueueing.
    public let id: String
    public let kind: JobKind
    public let queue: QueueName
    public let priority: JobPriority
    /// What the handler needs to know, as JSON text.
    public let payload: String
    public let subject: JobSubject?
    /// Id of the user who asked for it; nil for the system's own jobs.
    public let createdBy: String?
    public let createdAt: Timestamp
    /// The part that changes; its members can be read from the job itself (`job.status`).
    public internal(set) var state: JobState

    public subscript<Value>(dynamicMember member: KeyPath<JobState, Value>) -> Value {
        state[keyPath: member]
    }
}

/// What a caller says about a job to be enqueued.
public struct NewJob: Sendable, Hashable {
    public var kind: JobKind
    public var queue: QueueName
    public var priority: JobPriority
    public var payload: String
    public var subject: JobSubject?
    public var createdBy: String?
    public var maxAttempts: Int

    /// - Parameters:
    ///   - payload: JSON text, at most ``JobQueueSettings/payloadLimitBytes``.
    ///   - queue: by default the queue of the kind.
    ///   - maxAttempts: clamped to 1…100.
    public init(
        _ kind: JobKind, payload: String = "{}", queue: QueueName? = nil, priority: JobPriority = .normal,
        subject: JobSubject? = nil, createdBy: String? = nil, maxAttempts: Int = 3
    ) {
        self.kind = kind
        self.queue = queue ?? kind.queue
        self.priority = priority
        self.payload = payload
        self.subject = subject
        self.createdBy = createdBy
        self.maxAttempts = maxAttempts
    }
}

/// A job together with the right to work on it.
public struct LeasedJob: Sendable, Hashable {
    public let job: Job
    public let lease: JobLease
}

/// Jobs to list; nil means any.
public struct JobFilter: Sendable, Hashable {
    public var queue: QueueName?
    public var kind: JobKind?
    public var status: JobStatus?
    public var subject: JobSubject?
    public var createdBy: String?

    public init(
        queue: QueueName? = nil, kind: JobKind? = nil, status: JobStatus? = nil, subject: JobSubject? = nil,
        createdBy: String? = nil
    ) {
        self.queue = queue
        self.kind = kind
        self.status = status
        self.subject = subject
        self.createdBy = createdBy
    }
}

/// How many jobs of a queue are in a status.
public struct JobCount: Sendable, Hashable {
    public let queue: QueueName
    public let status: JobStatus
    public let count: Int
}

/// What the job queue refuses.
public enum JobQueueError: Error, Equatable, CustomStringConvertible {
    case unknownJob(id: String)
    case queueFull(queue: QueueName, limit: Int)
    case payloadTooLarge(sizeBytes: Int, limitBytes: Int)
    /// The job's state does not allow it.
    case refused(jobID: String, JobRefusal)

    public var description: String {
        switch self {
        case .unknownJob(let id):
            "There is no job \(id). Finished jobs are removed after their retention time."
        case .queueFull(let queue, let limit):
            "The queue \(queue.rawValue) already holds \(limit) waiting jobs. Try again later."
        case .payloadTooLarge(let size, let limit):
            "The job's payload has \(size) bytes, at most \(limit) are allowed. Store the data and name it in the job."
        case .refused(let id, let refusal):
            "Job \(id): \(refusal)"
        }
    }
}
