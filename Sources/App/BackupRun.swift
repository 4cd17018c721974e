import API
import Threads

/// Runs a backup or its restoration on a thread that may block, with a bar.
enum BackupRun {
    static func run(
        _ label: String, _ body: @escaping @Sendable (InstallationBackup) throws -> InstallationBackup.Summary
    ) async throws -> InstallationBackup.Summary {
        let bar = ProgressBar()
        defer { bar.clear() }
        let pool = ThreadPool(name: "backup", threads: 1)
        defer { pool.shutDown() }
        let backup = InstallationBackup { done, total in
            bar.show(label, fraction: Double(done) / Double(max(1, total)), detail: "\(done) of \(total) files")
        }
        return try await pool.run { try body(backup) }
    }
}
