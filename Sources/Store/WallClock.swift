/// Where the present comes from: the system's clock, or a test's.
public struct WallClock: Sendable {
    private let read: @Sendable () -> Timestamp

    public init(_ read: @escaping @Sendable () -> Timestamp) {
        self.read = read
    }

    public var now: Timestamp { read() }

    public static let system = WallClock(Timestamp.now)
}
