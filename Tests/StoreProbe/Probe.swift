import Foundation
import Store

/// Writes a line in one piece, so that a kill leaves it whole or absent.
func say(_ line: String) {
    let bytes = Array((line + "\n").utf8)
    guard write(1, bytes, bytes.count) == bytes.count else { exit(3) }
}

func stop(_ reason: any CustomStringConvertible) -> Never {
    let bytes = Array((reason.description + "\n").utf8)
    _ = write(2, bytes, bytes.count)
    exit(2)
}

/// Holds the lock of a folder until the process is killed or its input ends.
func holdLock() {
    do {
        let lock = try DataFolderLock(folder: argument(2), purpose: "probe")
        say("held")
        _ = readLine()
        withExtendedLifetime(lock) {}
    } catch {
        stop(error)
    }
}

/// Works on a queue in a file. While enqueuing, each commit of a note with its job is acknowledged by a line with the
/// job's id; without, the process ends by itself once no job is left.
func runJobs(enqueuing: Bool) async {
    do {
        let database = try SQLiteDatabase(path: argument(2), migrations: ProbeSchema.migrations)
        var settings = JobQueueSettings()
        settings.backoff = JobBackoff(baseMilliseconds: 1, limitMilliseconds: 10)
        let queue = JobQueue(database: database, settings: settings)
        var workerSettings = JobWorkerSettings()
        workerSettings.pollMilliseconds = 20
        let worker = JobWorker(
            queue: queue, handlers: [.documentIngest: ProbeSchema.handler(database)], concurrency: [.documents: 3],
            settings: workerSettings)
        let run = Task { try await worker.run() }
        say("ready")
        if enqueuing {
            for number in 0..<100_000 {
                say(try await ProbeSchema.enqueue(number, queue: queue, database: database))
            }
        } else {
            while try await queue.counts().contains(where: { !$0.status.isFinal && $0.count > 0 }) {
                try await Task.sleep(for: .milliseconds(5))
            }
        }
        await worker.stop(graceMilliseconds: 1_000)
        try await run.value
        try await database.close()
    } catch {
        stop(String(describing: error))
    }
}

private func argument(_ index: Int) -> String {
    guard CommandLine.arguments.indices.contains(index) else { stop("argument \(index) is missing") }
    return CommandLine.arguments[index]
}

/// What the probe keeps beside its jobs: a note written together with the job, and an effect by the handler.
private enum ProbeSchema {
    static let migrations =
        JobQueue.migrations + [
            Migration("probe-1") { transaction in
                try transaction.execute("CREATE TABLE notes (job_id TEXT PRIMARY KEY NOT NULL)")
                try transaction.execute("CREATE TABLE effects (job_id TEXT PRIMARY KEY, runs INTEGER NOT NULL)")
            }
        ]

    static func enqueue(_ number: Int, queue: JobQueue, database: any Database) async throws -> String {
        try await database.write { transaction in
            // An interrupted try counts, and this process is killed more often than the usual three times.
            let new = NewJob(.documentIngest, payload: "{\"number\":\(number)}", maxAttempts: 100)
            let job = try queue.enqueue(new, now: .now(), in: transaction)
            try transaction.execute("INSERT INTO notes (job_id) VALUES ($1)", [job.id])
            return job.id
        }
    }

    /// Idempotent in its effect; every fifth job fails in its first try.
    static func handler(_ database: any Database) -> JobHandler {
        { job, context in
            context.reportProgress(done: 1, total: 2, stage: "halfway")
            try await Task.sleep(for: .milliseconds(Int64.random(in: 0...8)))
            if job.attempts == 1, job.payload.contains(/[05]}$/) {
                throw JobError(code: "probe_failure", detail: "Failed on purpose.", isRetryable: true)
            }
            let runs = try await database.write { transaction in
                try transaction.execute(
                    """
                    INSERT INTO effects (job_id, runs) VALUES ($1, 1)
                    ON CONFLICT (job_id) DO UPDATE SET runs = effects.runs + 1
                    """, [job.id])
                return try transaction.row("SELECT runs FROM effects WHERE job_id = $1", [job.id])?.int(0) ?? 0
            }
            return ["runs": .integer(runs)]
        }
    }
}
