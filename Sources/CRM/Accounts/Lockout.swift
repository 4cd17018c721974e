import Store

/// When failed sign-ins lock an address or an IP.
public struct LockoutPolicy: Sendable, Hashable {
    public var failuresPerAddress = 5
    public var failuresPerIP = 50
    public var windowSeconds: Int64 = 15 * 60
    public var firstLockSeconds: Int64 = 15 * 60
    public var longestLockSeconds: Int64 = 4 * 3_600
    /// The doubling starts over after this long without a failure.
    public var forgetSeconds: Int64 = 24 * 3_600

    public init() {}
}

/// The failures of one address or IP: a pure state machine.
public struct LockoutState: Sendable, Hashable {
    /// Failures inside the window, oldest first; at most as many as lock.
    public private(set) var failures: [Timestamp] = []
    public private(set) var lockedUntil: Timestamp?
    /// Locks so far, for the doubling.
    public private(set) var lockCount = 0
    public private(set) var lastFailureAt: Timestamp?

    public init() {}

    init(failures: [Timestamp], lockedUntil: Timestamp?, lockCount: Int, lastFailureAt: Timestamp?) {
        self.failures = failures
        self.lockedUntil = lockedUntil
        self.lockCount = lockCount
        self.lastFailureAt = lastFailureAt
    }

    /// Seconds until the lock opens, nil when there is none.
    public func lockedSeconds(at now: Timestamp) -> Int? {
        guard let lockedUntil, now < lockedUntil else { return nil }
        return now.seconds(until: lockedUntil)
    }

    /// Counts a failure; returns true when it locks.
    public mutating func recordFailure(at now: Timestamp, limit: Int, policy: LockoutPolicy) -> Bool {
        precondition(limit > 0, "a lockout needs a limit above zero")
        if let last = lastFailureAt, last.adding(seconds: policy.forgetSeconds) <= now { lockCount = 0 }
        lastFailureAt = now
        failures.removeAll { $0.adding(seconds: policy.windowSeconds) <= now }
        failures.append(now)
        guard failures.count >= limit else { return false }
        failures = []
        let doublings = Int64(min(lockCount, 16))
        let seconds = min(policy.firstLockSeconds << doublings, policy.longestLockSeconds)
        lockedUntil = now.adding(seconds: seconds)
        lockCount += 1
        return true
    }
}

/// Lockout states in the store, by the SHA-256 of what they count: unknown addresses are not collected in clear.
enum LockoutTable {
    static func key(address: String) -> String { "address:" + hexadecimal(SHA256.hash(address.utf8)) }
    static func key(ip: String) -> String { "ip:" + hexadecimal(SHA256.hash(ip.utf8)) }

    static func state(_ key: String, in transaction: any ReadTransaction) throws -> LockoutState {
        let row = try transaction.row(
            "SELECT failures, locked_until, lock_count, last_failure_at FROM login_lockouts WHERE key = $1", [key])
        guard let row else { return LockoutState() }
        let failures = try row.text(0).split(separator: ",").compactMap { Int64($0) }
        return LockoutState(
            failures: failures.map { Timestamp(milliseconds: $0) },
            lockedUntil: try row.optionalInt(1).map { Timestamp(milliseconds: $0) },
            lockCount: Int(try row.int(2)),
            lastFailureAt: Timestamp(milliseconds: try row.int(3)))
    }

    static func save(_ state: LockoutState, key: String, in transaction: any WriteTransaction) throws {
        try transaction.execute(
            """
            INSERT INTO login_lockouts (key, failures, locked_until, lock_count, last_failure_at)
            VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (key) DO UPDATE SET failures = excluded.failures, locked_until = excluded.locked_until,
                lock_count = excluded.lock_count, last_failure_at = excluded.last_failure_at
            """,
            [
                key, state.failures.map { String($0.milliseconds) }.joined(separator: ","),
                state.lockedUntil?.milliseconds, state.lockCount, state.lastFailureAt?.milliseconds ?? 0,
            ])
    }

    static func clear(_ key: String, in transaction: any WriteTransaction) throws {
        try transaction.execute("DELETE FROM login_lockouts WHERE key = $1", [key])
    }

    /// Drops what can no longer matter, so that guessed addresses do not pile up.
    static func prune(before limit: Timestamp, in transaction: any WriteTransaction) throws {
        try transaction.execute("DELETE FROM login_lockouts WHERE last_failure_at < $1", [limit.milliseconds])
    }
}
