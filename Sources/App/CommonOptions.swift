import API
import ArgumentParser
import Foundation

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Option(name: .long, help: "The data folder. It is created on first use.")
    var data: String = ProcessInfo.processInfo.environment["PROPERTYPRO_DATA"] ?? "./data"

    @Option(name: .long, help: "Folder of the embedding model.")
    var model: String?

    @Flag(name: .long, help: "Print one JSON object instead of text for people.")
    var json = false

    /// Opens the data folder for this command alone.
    func open(_ command: String) async throws -> Installation {
        try await Installation.open(
            dataFolder: data, modelFolder: model ?? Installation.defaultModelFolder,
            purpose: "propertypro \(command)")
    }
}
