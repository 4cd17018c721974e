import API
import ArgumentParser

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Copies the data folder, also while the server runs on it.",
        discussion: """
            The copy is that of one moment, is checked, and gets its name when it is whole.
              propertypro backup ./backups/monday --data ./data
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The folder to make.") var target: String

    func run() async throws {
        let summary = try await BackupRun.run("copying") { try $0.make(of: common.data, at: target) }
        if common.json { return try Output.json(summary) }
        Output.line("\(target): \(summary.files) files, \(Output.megabytes(summary.bytes)), checked.")
    }
}

struct Restore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes a data folder of a backup.",
        discussion: """
            The backup is checked first. A data folder with something in it is not touched: name a new one, or move it away.
              propertypro restore ./backups/monday --data ./data
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The backup.") var backup: String

    func run() async throws {
        let summary = try await BackupRun.run("restoring") { try $0.restore(backup, to: common.data) }
        if common.json { return try Output.json(summary) }
        Output.line("\(common.data): \(summary.files) files, \(Output.megabytes(summary.bytes)), checked.")
    }
}
