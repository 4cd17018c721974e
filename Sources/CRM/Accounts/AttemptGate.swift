/// Lets one attempt at a time pass for each key, so that parallel guesses cannot outrun the counting of failures.
actor AttemptGate {
    /// Attempts that may wait for one key; more are refused.
    static let maximumWaiting = 16

    private var waiting: [String: [CheckedContinuation<Void, Never>]] = [:]

    /// Runs `body` once no other attempt for `key` is under way.
    /// - Throws: ``AccountError/busy`` when too many wait already.
    nonisolated func pass<T: Sendable>(_ key: String, _ body: @Sendable () async throws -> T) async throws -> T {
        try await enter(key)
        do {
            let result = try await body()
            await leave(key)
            return result
        } catch {
            await leave(key)
            throw error
        }
    }

    private func enter(_ key: String) async throws(AccountError) {
        guard let queue = waiting[key] else {
            waiting[key] = []
            return
        }
        guard queue.count < Self.maximumWaiting else { throw .busy }
        await withCheckedContinuation { waiting[key, default: []].append($0) }
    }

    private func leave(_ key: String) {
        guard var queue = waiting[key] else { return }
        guard !queue.isEmpty else {
            waiting[key] = nil
            return
        }
        let next = queue.removeFirst()
        waiting[key] = queue
        next.resume()
    }
}
