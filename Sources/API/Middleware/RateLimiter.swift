import Synchronization

/// Groups of operations that share a limit (`x-rate-class` of the contract).
public enum RateClass: String, Sendable, Hashable, CaseIterable {
    /// Unlimited.
    case none
    case general, upload, heavy, ai
    /// Per IP instead of per user.
    case auth
}

/// Requests per minute of each class; nil switches a limit off.
public struct RateLimits: Sendable, Hashable {
    public var generalPerMinute: Int? = 120
    public var uploadPerMinute: Int? = 30
    public var heavyPerMinute: Int? = 10
    public var aiPerMinute: Int? = 20
    /// At once, per user.
    public var aiConcurrent: Int? = 2
    public var authPerMinute: Int? = 20

    public init() {}

    func perMinute(_ rateClass: RateClass) -> Int? {
        switch rateClass {
        case .none: nil
        case .general: generalPerMinute
        case .upload: uploadPerMinute
        case .heavy: heavyPerMinute
        case .ai: aiPerMinute
        case .auth: authPerMinute
        }
    }

    func concurrent(_ rateClass: RateClass) -> Int? {
        rateClass == .ai ? aiConcurrent : nil
    }
}

/// Where a caller stands in the current window.
public struct RateLimitState: Sendable, Hashable {
    public let limit: Int
    public let remaining: Int
    public let resetSeconds: Int
    public let isAllowed: Bool
}

/// Counts requests in fixed windows of one minute per class and caller.
public final class RateLimiter: Sendable {
    private static let windowSeconds = 60
    /// Callers remembered at once; beyond it windows that are over are dropped, then the oldest.
    private static let maximumWindows = 65_536

    private struct Key: Hashable {
        let rateClass: RateClass
        let caller: String
    }
    private struct Window {
        let startedAt: ContinuousClock.Instant
        var count: Int
    }
    private struct State {
        var windows: [Key: Window] = [:]
        var running: [Key: Int] = [:]
    }

    private let limits: RateLimits
    private let now: @Sendable () -> ContinuousClock.Instant
    private let state = Mutex(State())

    public init(
        limits: RateLimits, now: @escaping @Sendable () -> ContinuousClock.Instant = { ContinuousClock.now }
    ) {
        self.limits = limits
        self.now = now
    }

    /// Counts one request; nil when the class has no limit.
    public func count(_ rateClass: RateClass, caller: String) -> RateLimitState? {
        guard let limit = limits.perMinute(rateClass) else { return nil }
        let now = now()
        let key = Key(rateClass: rateClass, caller: caller)
        return state.withLock { state in
            var window = state.windows[key] ?? Window(startedAt: now, count: 0)
            if window.startedAt.duration(to: now) >= .seconds(Self.windowSeconds) {
                window = Window(startedAt: now, count: 0)
            }
            let isAllowed = window.count < limit
            if isAllowed { window.count += 1 }
            if state.windows[key] == nil, state.windows.count >= Self.maximumWindows {
                Self.makeRoom(in: &state.windows, now: now)
            }
            state.windows[key] = window
            let elapsed = Int(window.startedAt.duration(to: now).components.seconds)
            return RateLimitState(
                limit: limit, remaining: max(0, limit - window.count),
                resetSeconds: max(1, Self.windowSeconds - elapsed), isAllowed: isAllowed)
        }
    }

    private static func makeRoom(in windows: inout [Key: Window], now: ContinuousClock.Instant) {
        windows = windows.filter { $0.value.startedAt.duration(to: now) < .seconds(windowSeconds) }
        guard windows.count >= maximumWindows else { return }
        let oldest = windows.sorted { $0.value.startedAt < $1.value.startedAt }.prefix(maximumWindows / 4)
        for (key, _) in oldest { windows[key] = nil }
    }

    /// A place among the requests that may run at once; nil when all are taken. Without a limit always granted.
    public func beginConcurrent(_ rateClass: RateClass, caller: String) -> RunningRequest? {
        guard let limit = limits.concurrent(rateClass) else { return RunningRequest {} }
        let key = Key(rateClass: rateClass, caller: caller)
        let granted = state.withLock { state in
            guard state.running[key, default: 0] < limit else { return false }
            state.running[key, default: 0] += 1
            return true
        }
        return granted ? RunningRequest { [weak self] in self?.endConcurrent(key) } : nil
    }

    private func endConcurrent(_ key: Key) {
        state.withLock { state in
            let left = state.running[key, default: 1] - 1
            state.running[key] = left > 0 ? left : nil
        }
    }
}

/// Holds a place until it is released or forgotten.
public final class RunningRequest: Sendable {
    private let end: Mutex<(@Sendable () -> Void)?>

    init(end: @escaping @Sendable () -> Void) {
        self.end = Mutex(end)
    }

    deinit { release() }

    /// Gives the place back; later calls do nothing.
    public func release() {
        let end = end.withLock { stored in
            defer { stored = nil }
            return stored
        }
        end?()
    }
}
