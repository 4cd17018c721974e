import API
import ArgumentParser
import Store

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Proves that database, rows, full text, index and files agree.",
        discussion: "Reads everything, changes nothing. Exit code 0 when all is sound, 1 otherwise.")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let report = try await common.withInstallation("check") { try await InstallationCheck($0).run() }
        if common.json {
            try Output.json(report)
        } else {
            Output.table(
                [["what", "count"]] + [
                    ["documents", String(report.documents)], ["  ready", String(report.readyDocuments)],
                    ["passages", String(report.passages)], ["vectors", String(report.vectors)],
                    ["collections", String(report.collections)], ["  records", String(report.records)],
                ])
            Output.line(report.problems.isEmpty ? "No problems found." : "\(report.problems.count) problems:")
            for problem in report.problems { Output.line("  \(problem)") }
        }
        if !report.problems.isEmpty { throw ExitCode(1) }
    }
}
