import Foundation
import Store
import TestSupport
import Testing

@Suite(.timeLimit(.minutes(2)))
struct JobCrashTests {
    private static let kills = 20

    /// A program that enqueues and works is killed again and again; what it acknowledged must be done in the end.
    @Test func acknowledgedJobsSurviveKills() async throws {
        let scratch = try Scratch()
        let path = scratch.path("a.sqlite")
        let seed: UInt64 = 20_250_614
        var generator = SeededGenerator(seed: seed)
        var acknowledged: Set<String> = []
        for _ in 0..<Self.kills {
            let probe = try Probe(["jobs", path])
            // Any moment from the opening of the file to the middle of the work.
            usleep(UInt32.random(in: 5_000...250_000, using: &generator))
            probe.kill()
            #expect(probe.exitStatus() == nil)
            acknowledged.formUnion(probe.remainingLines().filter { $0.count == 36 })
        }
        #expect(acknowledged.count > Self.kills, "the probe must get some work done")

        let drain = try Probe(["drain", path])
        _ = drain.remainingLines()
        #expect(drain.exitStatus() == 0)

        let database = try SQLiteDatabase(path: path, migrations: JobQueue.migrations + [Migration("probe-1") { _ in }])
        #expect(try await database.checkIntegrity() == [])
        let jobs = try await database.read { transaction in
            try transaction.rows("SELECT id, status, attempts FROM jobs").map {
                (id: try $0.text(0), status: try $0.text(1), attempts: try $0.int(2))
            }
        }
        #expect(jobs.allSatisfy { $0.status == "completed" })
        let ids = Set(jobs.map(\.id))
        #expect(acknowledged.isSubset(of: ids))
        // Each note was written with its job: neither is there alone. Each job had its effect.
        for table in ["notes", "effects"] {
            let found = try await database.read { try $0.rows("SELECT job_id FROM \(table)").map { try $0.text(0) } }
            #expect(Set(found) == ids, "\(table)")
        }
        #expect(jobs.contains { $0.attempts > 1 })
        try await database.close()
    }
}
