import API
import ArgumentParser
import Assist
import Store
import VectorStore

struct Dump: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints what is stored: the documents, or one document's passages with their places.",
        discussion: """
              propertypro dump --data ./data                    all documents
              propertypro dump --data ./data --document NAME    passages of a document, by id or file name
            """)

    @OptionGroup var common: CommonOptions
    @Option(name: .long, help: "Id or file name of one document.") var document: String?

    func run() async throws {
        try await common.withInstallation("dump") { try await dump($0) }
    }

    private func dump(_ installation: Installation) async throws {
        let documents = try await installation.database.read { transaction in
            try DocumentCatalog.ids(DocumentQuery(), in: transaction).compactMap {
                try DocumentCatalog.find($0, in: transaction)
            }
        }
        if let document {
            guard let found = documents.first(where: { $0.id == document || $0.filename == document }) else {
                throw ValidationError("There is no document with the id or file name \(document).")
            }
            try await dumpPassages(try await installation.collection.records(ofDocument: found.id))
        } else {
            try dumpDocuments(documents)
        }
    }

    private struct DocumentLine: Encodable {
        let id, filename, status: String
        let passages, pages, rows: Int?
        let failure: String?
    }

    private func dumpDocuments(_ documents: [StoredDocument]) throws {
        if common.json {
            return try Output.json(
                documents.map {
                    DocumentLine(
                        id: $0.id, filename: $0.filename, status: $0.status.rawValue, passages: $0.passageCount,
                        pages: $0.pageCount, rows: $0.rowCount, failure: $0.failure?.code)
                })
        }
        Output.table(
            [["file", "state", "pages", "rows", "passages", "id"]]
                + documents.map {
                    [
                        $0.filename, $0.failure?.code ?? $0.status.rawValue, $0.pageCount.map(String.init) ?? "",
                        $0.rowCount.map(String.init) ?? "", $0.passageCount.map(String.init) ?? "", $0.id,
                    ]
                })
    }

    private struct PassageLine: Encodable {
        let position: Int
        let text: String?
        let context: String
        let metadata: [String: MetadataValue]
    }

    private func dumpPassages(_ records: [Record]) async throws {
        if common.json {
            return try Output.json(
                records.map {
                    PassageLine(position: $0.position, text: $0.text, context: $0.context, metadata: $0.metadata)
                })
        }
        for record in records {
            let place = PassagePlace(metadata: record.metadata)
            let header = [
                place?.page.map { "page \($0)" }, place?.rowStart.map { "row \($0)" },
                place.map { "characters \($0.characterStart)..<\($0.characterEnd)" },
                place?.tokenCount.map { "\($0) tokens" }, record.context.isEmpty ? nil : record.context,
            ].compactMap { $0 }.joined(separator: ", ")
            Output.line("── \(record.position): \(header)")
            Output.line(record.text ?? "")
        }
    }
}
