import Store
import Synchronization

/// A clock that only moves when told to.
public final class ManualClock: Sendable {
    private let milliseconds: Mutex<Int64>

    /// Starts at 2025-06-14T09:30:00Z.
    public init(milliseconds: Int64 = 1_749_893_400_000) {
        self.milliseconds = Mutex(milliseconds)
    }

    public var now: Timestamp { Timestamp(milliseconds: milliseconds.withLock { $0 }) }

    public func advance(seconds: Int64) {
        milliseconds.withLock { $0 += seconds * 1_000 }
    }

    public func advance(milliseconds added: Int64) {
        milliseconds.withLock { $0 += added }
    }

    public var wallClock: WallClock { WallClock { [self] in now } }
}
