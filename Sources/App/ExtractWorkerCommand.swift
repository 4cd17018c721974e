import ArgumentParser
import Ingest

/// The child process that reads one untrusted file; started by the program itself, never by people.
struct ExtractWorker: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "extract-worker", shouldDisplay: false)

    func run() throws {
        throw ExitCode(runExtractionWorker())
    }
}
