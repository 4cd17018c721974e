/// The part of a job that changes: what ``applying(_:at:backoff:using:)`` reads and what is stored after it.
public struct JobState: Sendable, Hashable {
    public internal(set) var status: JobStatus
    /// Tries begun. A try given back at a graceful stop is not counted.
    public internal(set) var attempts: Int
    public let maxAttempts: Int
    public internal(set) var progress: JobProgress
    /// Set while `retrying`.
    public internal(set) var nextAttemptAt: Timestamp?
    /// Why the last try did not succeed; nil once a new try runs.
    public internal(set) var error: JobError?
    /// Set while a worker holds the job.
    public internal(set) var lease: JobLease?
    /// When the latest try began.
    public internal(set) var startedAt: Timestamp?
    /// Set in the final states.
    public internal(set) var finishedAt: Timestamp?
    /// Flat JSON object; set when a handler returned, also if that was after a request to cancel.
    public internal(set) var result: String?

    /// A job nobody has touched. `maxAttempts` is clamped to 1…100, the contract's range.
    public init(maxAttempts: Int) {
        self.init(status: .queued, attempts: 0, maxAttempts: maxAttempts, progress: JobProgress())
    }

    init(
        status: JobStatus, attempts: Int, maxAttempts: Int, progress: JobProgress,
        nextAttemptAt: Timestamp? = nil, error: JobError? = nil, lease: JobLease? = nil,
        startedAt: Timestamp? = nil, finishedAt: Timestamp? = nil, result: String? = nil
    ) {
        self.status = status
        self.attempts = attempts
        self.maxAttempts = min(max(maxAttempts, 1), 100)
        self.progress = progress
        self.nextAttemptAt = nextAttemptAt
        self.error = error
        self.lease = lease
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.result = result
    }
}

/// The right to work on a job for a while. A later lease of the same job has another id.
public struct JobLease: Sendable, Hashable {
    public let jobID: String
    public let id: String
    /// The worker that holds it.
    public let owner: String
    public internal(set) var expiresAt: Timestamp

    public init(jobID: String, id: String, owner: String, expiresAt: Timestamp) {
        self.jobID = jobID
        self.id = id
        self.owner = owner
        self.expiresAt = expiresAt
    }
}

/// How far a try has come.
public struct JobProgress: Sendable, Hashable {
    /// 0…100; never falls within one try.
    public internal(set) var percent: Int
    public let done: Int64?
    public let total: Int64?
    /// What the job is doing, such as `embedding`.
    public let stage: String?

    /// Larger counts than JSON numbers carry exactly are cut.
    static let countLimit: Int64 = 9_007_199_254_740_991
    private static let stageLimitCharacters = 60

    public init(percent: Int = 0, done: Int64? = nil, total: Int64? = nil, stage: String? = nil) {
        self.percent = min(max(percent, 0), 100)
        self.done = done.map { min(max($0, 0), Self.countLimit) }
        self.total = total.map { min(max($0, 0), Self.countLimit) }
        self.stage = stage.map { storable($0, limit: Self.stageLimitCharacters) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Percent as the share of `done` in `total`, rounded down; 0 of 0 is 0 percent.
    public init(done: Int64, total: Int64, stage: String? = nil) {
        let whole = min(max(total, 0), Self.countLimit)
        let part = min(max(done, 0), whole)
        self.init(percent: whole == 0 ? 0 : Int(part * 100 / whole), done: done, total: total, stage: stage)
    }
}

/// Why a try failed, in words that may be shown to users.
public struct JobError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Stable machine code: lower case letters, digits and `_`, 3 to 64 of them.
    public let code: String
    public let detail: String
    public let isRetryable: Bool

    public static let internalErrorCode = "internal_error"
    /// The worker died or stopped answering before it reported.
    public static let leaseLost = JobError(
        code: "lease_lost", detail: "The worker stopped before it finished the job.", isRetryable: true)
    private static let detailLimitCharacters = 2_000

    /// A code of another form becomes `internal_error`, a longer detail is cut, an empty one is replaced.
    public init(code: String, detail: String, isRetryable: Bool) {
        let letters = Array(code.utf8)
        let isValid =
            (3...64).contains(letters.count) && (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(letters[0])
            && letters.allSatisfy {
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "_")
            }
        self.code = isValid ? code : Self.internalErrorCode
        let text = storable(detail, limit: Self.detailLimitCharacters)
        self.detail = text.isEmpty ? "The job failed without a reason." : text
        self.isRetryable = isRetryable
    }

    public var description: String { "\(code): \(detail)" }
}

/// At most `limit` Unicode scalars and no NUL, which text columns cannot hold.
private func storable(_ text: String, limit: Int) -> String {
    var scalars = String.UnicodeScalarView()
    scalars.append(contentsOf: text.unicodeScalars.lazy.filter { $0 != "\0" }.prefix(limit))
    return String(scalars)
}
