import API
import ArgumentParser
import Embedding
import Foundation

/// What every command takes.
struct CommonOptions: ParsableArguments {
    @Option(name: .long, help: "The data folder. It is created on first use.")
    var data: String = ProcessInfo.processInfo.environment["PROPERTYPRO_DATA"] ?? "./data"

    @Option(name: .long, help: "Folder of the embedding model.")
    var model: String?

    @Option(name: .long, help: "In how many bits the model computes: float32, bfloat16 or int8.")
    var precision = EmbeddingPrecision.standard

    @Flag(name: .long, help: "Print one JSON object instead of text for people.")
    var json = false

    /// Opens the data folder for this command alone, lends it to `body` and gives it back, also after an error.
    /// - Parameter makesFolder: whether a folder that is not there is made; a question to one is a slip of the pen.
    func withInstallation<T>(_ command: String, makesFolder: Bool = false, _ body: (Installation) async throws -> T)
        async throws -> T
    {
        guard makesFolder || FileManager.default.fileExists(atPath: data) else {
            throw ValidationError("There is no data folder \(data). `propertypro ingest` or `serve` make one.")
        }
        let installation = try await Installation.open(
            dataFolder: data, modelFolder: model ?? Installation.defaultModelFolder,
            precision: precision, purpose: "propertypro \(command)")
        let result: T
        do {
            result = try await body(installation)
        } catch {
            try? await installation.close()
            throw error
        }
        try await installation.close()
        return result
    }
}
