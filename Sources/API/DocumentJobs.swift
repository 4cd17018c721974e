import Assist
import Foundation
import Ingest
import Store
import VectorStore

/// Job handlers around the knowledge base.
enum DocumentJobs {
    static func ingest(_ knowledgeBase: KnowledgeBase) -> JobHandler {
        { job, context in
            let payload = try decode(IngestPayload.self, job)
            do {
                let summary = try await knowledgeBase.ingest(
                    payload.documentID, isCancelled: { context.isCancelled },
                    progress: { report($0, to: context) })
                return [
                    "pages": .integer(Int64(summary.pages)), "chunks": .integer(Int64(summary.passages)),
                    "chars": .integer(Int64(summary.characters)),
                    "worker_peak_bytes": .integer(Int64(summary.workerPeakBytes)),
                ]
            } catch AssistError.documentGone, VectorStoreError.unknownDocument {
                throw JobError(
                    code: "not_found", detail: "The document was deleted before it was processed.",
                    isRetryable: false)
            }
        }
    }

    static func reindex(_ knowledgeBase: KnowledgeBase) -> JobHandler {
        { job, context in
            let payload = try decode(ReindexPayload.self, job)
            let summary = try await knowledgeBase.reindex(
                payload.reindexScope, isCancelled: { context.isCancelled },
                progress: { done, total in
                    context.reportProgress(done: Int64(done), total: Int64(total), stage: "embedding")
                })
            return [
                "documents": .integer(Int64(summary.documents)), "chunks": .integer(Int64(summary.passages)),
                "index_version": .integer(Int64(summary.generation)),
            ]
        }
    }

    /// One scale for the whole ingest: reading is the first tenth, embedding the rest.
    private static func report(_ progress: IngestProgress, to context: JobContext) {
        let share = progress.total.map { $0 > 0 ? Double(progress.done) / Double($0) : 0 } ?? 0
        let percent = progress.stage == .embedding ? 10 + share * 90 : share * 10
        context.reportProgress(done: Int64(percent), total: 100, stage: progress.stage.rawValue)
    }

    private static func decode<T: Decodable>(_ type: T.Type, _ job: Job) throws -> T {
        do {
            return try JSONDecoder().decode(type, from: Data(job.payload.utf8))
        } catch {
            throw JobError(code: "bad_payload", detail: "The job's payload does not decode.", isRetryable: false)
        }
    }
}

/// What a reindex job carries: the body of the request.
struct ReindexPayload: Codable, Sendable {
    enum Scope: String, Codable, Sendable, CaseIterable { case changed, documents, all }

    var scope: Scope
    var documentIDs: [String]
    var force: Bool

    enum CodingKeys: String, CodingKey {
        case scope, force
        case documentIDs = "document_ids"
    }

    var json: String {
        get throws { String(decoding: try JSONEncoder().encode(self), as: UTF8.self) }
    }

    var reindexScope: ReindexScope {
        switch scope {
        case .documents: .documents(documentIDs)
        case .changed: .changed(force: force)
        case .all: .all
        }
    }
}

extension IngestError: JobFailure {
    public var detail: String { description }
}
