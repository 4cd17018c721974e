import API
import ArgumentParser

struct Purge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Leaves nothing of deleted documents and records in any file of the data folder.",
        discussion: """
            Deleting takes records out of every answer at once; what was deleted may lie in unused parts of files until they
            are used again. This overwrites all of it. Takes about a second for each 200 MB. Stop the server before.
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        try await common.withInstallation("purge") { try await $0.purge() }
        Output.line("Nothing of what was deleted is left in \(common.data).")
    }
}
