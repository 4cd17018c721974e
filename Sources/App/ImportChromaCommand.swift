import API
import ArgumentParser
import Embedding
import Foundation
import Threads
import VectorStore

struct ImportChroma: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import-chroma",
        abstract: "Takes the collections of a Chroma folder over, chromadb 0.5 to 1.5.",
        discussion: """
            The folder is the one that PersistentClient or `chroma run --path` uses; it is only read, and Chroma is not
            needed. Vectors are taken as they are; records with a text alone are embedded again. Records that are there
            already are left, so that an import that was interrupted can be made again. Exit code 0 when every record is
            stored, 1 otherwise.
              propertypro import-chroma ./chroma --data ./data
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The Chroma folder.") var folder: String
    @Option(name: .long, help: "Put in front of the names of collections.") var prefix = ""

    func run() async throws {
        let report = try await common.withInstallation("import-chroma", makesFolder: true) { installation in
            try await take(folder, into: installation)
        }
        if common.json { try Output.json(report) } else { Self.show(report) }
        if !report.isComplete { throw ExitCode(1) }
    }

    private func take(_ folder: String, into installation: Installation) async throws -> ChromaImportReport {
        let source = try await installation.pool.run { try ChromaFolder(path: folder) }
        var importer = ChromaImport(source, into: installation.collections, pool: installation.pool)
        importer.prefix = prefix
        importer.configuration = { try ChromaNotation.configuration(of: $0) }
        importer.embed = { [embedder = installation.embedder] texts in
            try await embedder.embed(texts, purpose: .passage, priority: .bulk)
        }
        let bar = ProgressBar()
        defer { bar.clear() }
        return try await importer.run { progress in
            bar.show(
                progress.collection, fraction: Double(progress.done) / Double(max(1, progress.total)),
                detail: "\(progress.done) of \(progress.total)")
        }
    }

    private static func show(_ report: ChromaImportReport) {
        Output.table(
            [["collection", "stored", "there already", "embedded", "skipped", "recall"]]
                + report.collections.map { part in
                    [
                        "\(part.tenant)/\(part.database)/\(part.name)", String(part.stored), String(part.present),
                        String(part.embedded), String(part.skippedCount),
                        part.recall.map { String(format: "%.3f", $0) } ?? "",
                    ]
                })
        for part in report.collections {
            if let failure = part.failure { Output.note("\(part.name): \(failure)") }
            if let complaint = part.complaint { Output.note("\(part.name): \(complaint)") }
            for note in part.skipped { Output.note("\(part.name): \(note.id) was skipped: \(note.reason)") }
            for note in part.dropped { Output.note("\(part.name): \(note.id): \(note.reason)") }
        }
    }
}
