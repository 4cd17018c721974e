/// A waiting job's place in line; the largest is next.
///
/// Priority first, then age. A job rises one priority for every 10 minutes it has waited since it was enqueued, up
/// to `urgent`, so nothing starves. Within one priority the oldest is always ahead: looking at the oldest of each
/// priority is enough to find the next job.
struct JobTurn: Comparable {
    let id: String
    let createdAt: Timestamp
    let level: Int
    private static let risePeriodMilliseconds: Int64 = 600_000

    init(id: String, priority: JobPriority, createdAt: Timestamp, now: Timestamp) {
        self.id = id
        self.createdAt = createdAt
        let rises = now.milliseconds(since: createdAt) / Self.risePeriodMilliseconds
        level = min(priority.level + Int(min(rises, 3)), JobPriority.urgent.level)
    }

    static func < (left: JobTurn, right: JobTurn) -> Bool {
        if left.level != right.level { return left.level < right.level }
        if left.createdAt != right.createdAt { return left.createdAt > right.createdAt }
        return left.id > right.id
    }
}
