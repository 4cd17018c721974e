import Foundation
import Store
import VectorStore

/// Proves that the parts of an installation agree: rows = index = full text, and every document's file is there.
public struct InstallationCheck: Sendable {
    public struct Report: Sendable, Encodable {
        public var documents = 0
        public var readyDocuments = 0
        public var passages = 0
        public var vectors = 0
        public var collections = 0
        public var records = 0
        public var problems: [String] = []

        enum CodingKeys: String, CodingKey {
            case documents, passages, vectors, collections, records, problems
            case readyDocuments = "ready_documents"
        }
    }

    private let installation: Installation

    public init(_ installation: Installation) {
        self.installation = installation
    }

    /// Reads everything once. Changes nothing but the index cache, which it brings up to date.
    public func run() async throws -> Report {
        var report = Report()
        report.problems += try await installation.database.checkIntegrity()
        report.problems += try await installation.collection.check()
        report.vectors = installation.collection.count
        let theirs = try await installation.collections.check()
        (report.collections, report.records) = (theirs.collections, theirs.records)
        report.problems += theirs.problems
        try await checkDocuments(&report)
        return report
    }

    private func checkDocuments(_ report: inout Report) async throws {
        let generation = installation.collection.description.generation
        let documents = try await installation.database.read { transaction in
            try DocumentCatalog.ids(DocumentQuery(), in: transaction).compactMap {
                try DocumentCatalog.find($0, in: transaction)
            }
        }
        report.documents = documents.count
        for document in documents {
            let name = "\(document.filename) (\(document.id))"
            if !FileManager.default.fileExists(atPath: installation.files.path(sha256: document.sha256)) {
                report.problems.append("the file of \(name) is missing")
            }
            let records = try await installation.collection.records(ofDocument: document.id)
            report.passages += records.count
            switch document.status {
            case .ready:
                report.readyDocuments += 1
                let text = try await installation.database.read {
                    try DocumentCatalog.text(of: document.id, generation: generation, in: $0)
                }
                report.problems += Self.problems(of: document, name, records, text: text)
            case .failed where !records.isEmpty:
                report.problems.append("\(name) failed, but has \(records.count) passages")
            case .queued, .extracting, .chunking, .embedding:
                let job = if let id = document.jobID { try await installation.queue.job(id) } else { nil as Job? }
                if job?.status.isFinal ?? true { report.problems.append("\(name) waits for a job that has ended") }
            case .needsOCR, .failed: break
            }
        }
    }

    private static func problems(
        of document: StoredDocument, _ name: String, _ records: [Record], text: String?
    ) -> [String] {
        var problems: [String] = []
        if records.isEmpty { problems.append("\(name) is ready, but has no passages") }
        if records.count != document.passageCount {
            problems.append("\(name) has \(records.count) passages, its row says \(document.passageCount ?? 0)")
        }
        guard let text else { return problems + ["the text of \(name) is missing"] }
        let scalars = Array(text.unicodeScalars)
        let wrong = records.filter { record in
            guard let start = record.metadata["char_start"]?.integerValue,
                let end = record.metadata["char_end"]?.integerValue, start >= 0, start <= end, end <= scalars.count
            else { return true }
            return !scalars[start..<end].elementsEqual((record.text ?? "").unicodeScalars)
        }
        if !wrong.isEmpty { problems.append("\(wrong.count) passages of \(name) differ from its text") }
        return problems
    }
}
