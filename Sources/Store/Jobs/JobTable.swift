/// The table behind the queue: rows to values and back. Knows SQL, no rules.
enum JobTable {
    static let migrations = [
        Migration("jobs-1") { transaction in
            try transaction.execute(
                """
                CREATE TABLE jobs (
                    id TEXT PRIMARY KEY NOT NULL,
                    kind TEXT NOT NULL,
                    queue TEXT NOT NULL,
                    priority INTEGER NOT NULL,
                    status TEXT NOT NULL,
                    payload TEXT NOT NULL,
                    subject_type TEXT,
                    subject_id TEXT,
                    created_by TEXT,
                    created_at BIGINT NOT NULL,
                    attempts INTEGER NOT NULL,
                    max_attempts INTEGER NOT NULL,
                    percent INTEGER NOT NULL,
                    done BIGINT,
                    total BIGINT,
                    stage TEXT,
                    next_attempt_at BIGINT,
                    error_code TEXT,
                    error_detail TEXT,
                    error_retryable INTEGER,
                    lease_id TEXT,
                    lease_owner TEXT,
                    lease_expires_at BIGINT,
                    started_at BIGINT,
                    finished_at BIGINT,
                    result TEXT)
                """)
            // The oldest waiting job of each priority in one step.
            try transaction.execute("CREATE INDEX jobs_turn ON jobs (queue, status, priority, created_at, id)")
            try transaction.execute("CREATE INDEX jobs_lease ON jobs (lease_expires_at)")
            try transaction.execute("CREATE INDEX jobs_end ON jobs (finished_at)")
            try transaction.execute("CREATE INDEX jobs_subject ON jobs (subject_type, subject_id)")
        }
    ]

    private static let columns = """
        id, kind, queue, priority, status, payload, subject_type, subject_id, created_by, created_at, \
        attempts, max_attempts, percent, done, total, stage, next_attempt_at, error_code, error_detail, \
        error_retryable, lease_id, lease_owner, lease_expires_at, started_at, finished_at, result
        """
    private static let columnCount = 26

    static func insert(_ job: Job, in transaction: any WriteTransaction) throws {
        let fixed: [any SQLConvertible] = [
            job.id, job.kind.rawValue, job.queue.rawValue, job.priority.level, job.status.rawValue, job.payload,
            job.subject?.kind.rawValue, job.subject?.id, job.createdBy, job.createdAt,
        ]
        let parameters = (1...columnCount).map { "$\($0)" }.joined(separator: ", ")
        try transaction.execute("INSERT INTO jobs (\(columns)) VALUES (\(parameters))", fixed + changing(job.state))
    }

    static func update(_ job: Job, in transaction: any WriteTransaction) throws {
        try transaction.execute(
            """
            UPDATE jobs SET attempts = $1, max_attempts = $2, percent = $3, done = $4, total = $5, stage = $6,
                next_attempt_at = $7, error_code = $8, error_detail = $9, error_retryable = $10,
                lease_id = $11, lease_owner = $12, lease_expires_at = $13,
                started_at = $14, finished_at = $15, result = $16, status = $17
            WHERE id = $18
            """, changing(job.state) + [job.status.rawValue, job.id])
    }

    /// The columns from `attempts` on.
    private static func changing(_ state: JobState) -> [any SQLConvertible] {
        [
            state.attempts, state.maxAttempts, state.progress.percent, state.progress.done, state.progress.total,
            state.progress.stage, state.nextAttemptAt,
            state.error?.code, state.error?.detail, state.error?.isRetryable,
            state.lease?.id, state.lease?.owner, state.lease?.expiresAt,
            state.startedAt, state.finishedAt, state.result,
        ]
    }

    static func job(_ id: String, in transaction: any ReadTransaction) throws -> Job? {
        try transaction.row("SELECT \(columns) FROM jobs WHERE id = $1", [id]).map(job)
    }

    /// Newest first; those before the job `before` where one is given.
    static func jobs(
        _ filter: JobFilter, before: String?, limit: Int, in transaction: any ReadTransaction
    ) throws -> [Job] {
        var conditions: [String] = []
        var arguments: [any SQLConvertible] = [limit]
        func add(_ condition: String, _ value: String?) {
            guard let value else { return }
            arguments.append(value)
            conditions.append("\(condition) $\(arguments.count)")
        }
        add("queue =", filter.queue?.rawValue)
        add("kind =", filter.kind?.rawValue)
        add("status =", filter.status?.rawValue)
        add("subject_type =", filter.subject?.kind.rawValue)
        add("subject_id =", filter.subject?.id)
        add("created_by =", filter.createdBy)
        add("id <", before)
        let condition = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        return try transaction.rows("SELECT \(columns) FROM jobs \(condition) ORDER BY id DESC LIMIT $1", arguments)
            .map(job)
    }

    static func count(_ status: JobStatus, queue: QueueName, in transaction: any ReadTransaction) throws -> Int {
        let row = try transaction.row(
            "SELECT count(*) FROM jobs WHERE queue = $1 AND status = $2", [queue.rawValue, status.rawValue])
        return try Int(row?.int(0) ?? 0)
    }

    static func counts(in transaction: any ReadTransaction) throws -> [JobCount] {
        try transaction.rows("SELECT queue, status, count(*) FROM jobs GROUP BY queue, status ORDER BY queue, status")
            .map { row in
                JobCount(
                    queue: try named(row, 0, "queue name"), status: try named(row, 1, "job status"),
                    count: Int(try row.int(2)))
            }
    }

    /// The oldest job of each status and priority that may run now.
    static func turns(_ queue: QueueName, now: Timestamp, in transaction: any ReadTransaction) throws -> [JobTurn] {
        var turns: [JobTurn] = []
        for status in [JobStatus.queued, .retrying] {
            for priority in JobPriority.allCases {
                let row = try transaction.row(
                    """
                    SELECT id, created_at FROM jobs
                    WHERE queue = $1 AND status = $2 AND priority = $3
                        AND (next_attempt_at IS NULL OR next_attempt_at <= $4)
                    ORDER BY created_at, id LIMIT 1
                    """, [queue.rawValue, status.rawValue, priority.level, now])
                guard let row else { continue }
                turns.append(
                    JobTurn(id: try row.text(0), priority: priority, createdAt: try timestamp(row, 1), now: now))
            }
        }
        return turns
    }

    /// Ids of held jobs, those whose lease ends first at the head.
    static func held(
        expiringBy limit: Timestamp?, exceptOwner owner: String?, in transaction: any ReadTransaction
    ) throws -> [String] {
        try transaction.rows(
            """
            SELECT id FROM jobs
            WHERE lease_expires_at IS NOT NULL AND lease_expires_at <= $1 AND lease_owner <> $2
            ORDER BY lease_expires_at, id
            """, [limit ?? Timestamp(milliseconds: .max), owner ?? ""]
        ).map { try $0.text(0) }
    }

    /// Leases of `owner` whose jobs are to be cancelled.
    static func cancelling(owner: String, in transaction: any ReadTransaction) throws -> [String] {
        // The lower bound is there for the index: few jobs are held, many are kept.
        try transaction.rows(
            "SELECT lease_id FROM jobs WHERE lease_expires_at >= $1 AND lease_owner = $2 AND status = $3",
            [Timestamp(milliseconds: .min), owner, JobStatus.cancelling.rawValue]
        ).map { try $0.text(0) }
    }

    /// Removes up to `limit` jobs that finished before `end`, either the imports or all others.
    static func removeFinished(
        before end: Timestamp, imports: Bool, limit: Int, in transaction: any WriteTransaction
    ) throws -> Int {
        try transaction.execute(
            """
            DELETE FROM jobs WHERE id IN (
                SELECT id FROM jobs
                WHERE finished_at IS NOT NULL AND finished_at < $1 AND kind \(imports ? "=" : "<>") $2
                ORDER BY finished_at LIMIT $3)
            """, [end, JobKind.dataImport.rawValue, limit])
    }

    // MARK: - Rows

    private static func job(_ row: SQLRow) throws -> Job {
        let id = try row.text(0)
        guard let priority = JobPriority(level: try row.int(3)) else {
            throw StoreError.unexpectedColumn(index: 3, expected: "priority 0…3", found: "another number")
        }
        let subject: JobSubject? =
            row.isNull(6) ? nil : JobSubject(try named(row, 6, "subject type"), id: try row.optionalText(7))
        return Job(
            id: id, kind: try named(row, 1, "job kind"), queue: try named(row, 2, "queue name"), priority: priority,
            payload: try row.text(5), subject: subject, createdBy: try row.optionalText(8),
            createdAt: try timestamp(row, 9), state: try state(row, id: id))
    }

    private static func state(_ row: SQLRow, id: String) throws -> JobState {
        let error: JobError? =
            row.isNull(17)
            ? nil
            : JobError(code: try row.text(17), detail: try row.text(18), isRetryable: try row.bool(19))
        let lease: JobLease? =
            row.isNull(20)
            ? nil
            : JobLease(jobID: id, id: try row.text(20), owner: try row.text(21), expiresAt: try timestamp(row, 22))
        return JobState(
            status: try named(row, 4, "job status"), attempts: try small(row, 10), maxAttempts: try small(row, 11),
            progress: JobProgress(
                percent: try small(row, 12), done: try row.optionalInt(13), total: try row.optionalInt(14),
                stage: try row.optionalText(15)),
            nextAttemptAt: try optionalTimestamp(row, 16), error: error, lease: lease,
            startedAt: try optionalTimestamp(row, 23), finishedAt: try optionalTimestamp(row, 24),
            result: try row.optionalText(25))
    }

    private static func named<Name: RawRepresentable<String>>(
        _ row: SQLRow, _ index: Int, _ expected: String
    ) throws -> Name {
        let text = try row.text(index)
        guard let name = Name(rawValue: text) else {
            throw StoreError.unexpectedColumn(index: index, expected: expected, found: "'\(text)'")
        }
        return name
    }

    /// A count or percentage; all of ours lie below 1,000.
    private static func small(_ row: SQLRow, _ index: Int) throws -> Int {
        let value = try row.int(index)
        guard (0...1_000).contains(value) else {
            throw StoreError.unexpectedColumn(index: index, expected: "0…1000", found: String(value))
        }
        return Int(value)
    }

    private static func timestamp(_ row: SQLRow, _ index: Int) throws -> Timestamp {
        Timestamp(milliseconds: try row.int(index))
    }

    private static func optionalTimestamp(_ row: SQLRow, _ index: Int) throws -> Timestamp? {
        try row.optionalInt(index).map(Timestamp.init)
    }
}
