import Synchronization
import Threads

/// Hashes passwords on threads of its own, so that neither event loops nor the cooperative pool wait.
///
/// Memory is bounded by the number of threads, the queue by ``maximumWaiting``.
public final class PasswordHasher: Sendable {
    /// Computations accepted at once; more are refused with ``AccountError/busy``.
    public static let maximumWaiting = 64

    private let pool: ThreadPool
    private let cost: Argon2Cost
    private let pending = Mutex(0)
    /// The hash of a password that nobody has, for the addresses that nobody has.
    private let decoy = Mutex<String?>(nil)

    public init(pool: ThreadPool, cost: Argon2Cost = .standard) {
        self.pool = pool
        self.cost = cost
    }

    public func hash(_ password: String) async throws -> String {
        let cost = cost
        return try await run { try PasswordHash.make(password, cost: cost) }
    }

    /// Checks a password. Without a hash (unknown address) it works as long and says no.
    public func verify(_ password: String, against encoded: String?) async throws -> Bool {
        guard let encoded else {
            _ = try await verify(password, against: decoyHash())
            return false
        }
        return try await run { try PasswordHash.verify(password, against: encoded) }
    }

    private func decoyHash() async throws -> String {
        if let known = decoy.withLock({ $0 }) { return known }
        let made = try await hash(hexadecimal(randomBytes(16)))
        return decoy.withLock { stored in
            let kept = stored ?? made
            stored = kept
            return kept
        }
    }

    /// Computes the decoy now, so that the first unknown address takes no longer than later ones.
    public func warmUp() async throws {
        _ = try await decoyHash()
    }

    private func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        let accepted = pending.withLock { count in
            guard count < Self.maximumWaiting else { return false }
            count += 1
            return true
        }
        guard accepted else { throw AccountError.busy }
        defer { pending.withLock { $0 -= 1 } }
        return try await pool.run(body)
    }
}
