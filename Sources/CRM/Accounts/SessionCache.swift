import Synchronization

/// Who stands behind a session that was alive a moment ago.
public struct LiveSession: Sendable, Hashable {
    public let session: AuthSession
    public let user: User
}

/// Answers of the last moment to "is this session alive?".
///
/// Whoever changes accounts or sessions calls ``invalidate()`` after the commit. An answer that was read before an
/// invalidation is never stored after it, so that within this process a logout takes effect at once.
final class SessionCache: Sendable {
    private static let lifetime = Duration.seconds(1)
    private static let maximumEntries = 4_096

    private struct State {
        var generation = 0
        var entries: [String: (session: LiveSession, until: ContinuousClock.Instant)] = [:]
    }
    private let state = Mutex(State())

    /// The cached answer and the generation to hand back to ``store(_:generation:)``.
    func find(_ id: String) -> (LiveSession?, generation: Int) {
        state.withLock { state in
            guard let entry = state.entries[id], ContinuousClock.now < entry.until else {
                return (nil, state.generation)
            }
            return (entry.session, state.generation)
        }
    }

    func store(_ session: LiveSession, generation: Int) {
        state.withLock { state in
            guard state.generation == generation else { return }
            if state.entries.count >= Self.maximumEntries { state.entries.removeAll(keepingCapacity: true) }
            state.entries[session.session.id] = (session, ContinuousClock.now + Self.lifetime)
        }
    }

    func invalidate() {
        state.withLock { state in
            state.generation += 1
            state.entries.removeAll(keepingCapacity: true)
        }
    }
}
