import Embedding
import Ingest
import Store
import VectorStore

/// Which documents a reindex takes.
public enum ReindexScope: Sendable, Hashable {
    /// These ones.
    case documents([String])
    /// Those whose splitter or embedding model differs from today's; with `force`, all of them one by one.
    case changed(force: Bool)
    /// The whole collection beside the old one, then one switch.
    case all
}

/// What a reindex did.
public struct ReindexSummary: Sendable, Hashable {
    public var documents = 0
    public var passages = 0
    public var generation: Int
}

extension KnowledgeBase {
    /// Rebuilds embeddings. A query sees the old or the new passages of a document, never both; with
    /// ``ReindexScope/all`` it sees one generation as a whole, and a failure or cancel leaves the old one.
    ///
    /// - Parameter progress: documents done of total.
    public func reindex(
        _ scope: ReindexScope, isCancelled: @escaping @Sendable () -> Bool = { false },
        progress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws -> ReindexSummary {
        switch scope {
        case .documents(let ids):
            return try await reindexOneByOne(ids, isCancelled: isCancelled, progress: progress)
        case .changed(let force):
            var ready = DocumentQuery()
            ready.statuses = [.ready]
            let ids = try await database.read { [ready] in try DocumentCatalog.ids(ready, in: $0) }
            var changed: [String] = []
            for id in ids {
                guard let document = try await database.read({ try DocumentCatalog.find(id, in: $0) }) else { continue }
                let isCurrent =
                    document.embeddingModel == embedder.fingerprint && document.splitter == Self.splitterVersion
                    && document.generation == collection.description.generation
                if force || !isCurrent { changed.append(id) }
            }
            return try await reindexOneByOne(changed, isCancelled: isCancelled, progress: progress)
        case .all:
            return try await reindexAll(isCancelled: isCancelled, progress: progress)
        }
    }

    private func reindexOneByOne(
        _ ids: [String], isCancelled: @escaping @Sendable () -> Bool,
        progress: @Sendable (Int, Int) -> Void
    ) async throws -> ReindexSummary {
        var summary = ReindexSummary(generation: collection.description.generation)
        for (done, id) in ids.enumerated() {
            progress(done, ids.count)
            if isCancelled() { throw CancellationError() }
            do {
                summary.passages += try await ingest(id, isCancelled: isCancelled).passages
                summary.documents += 1
            } catch let error as IngestError where !error.isRetryable {
                // The document is `failed` now, with the reason; the others go on.
            } catch AssistError.documentGone, VectorStoreError.unknownDocument {
                // Deleted meanwhile.
            }
        }
        progress(ids.count, ids.count)
        return summary
    }

    private func reindexAll(
        isCancelled: @escaping @Sendable () -> Bool, progress: @Sendable (Int, Int) -> Void
    ) async throws -> ReindexSummary {
        try await collection.discardRebuild()
        do {
            return try await buildGeneration(isCancelled: isCancelled, progress: progress)
        } catch {
            try? await Task { try await collection.discardRebuild() }.value
            throw error
        }
    }

    private func buildGeneration(
        isCancelled: @escaping @Sendable () -> Bool, progress: @Sendable (Int, Int) -> Void
    ) async throws -> ReindexSummary {
        let generation = collection.description.generation + 1
        var staged: [String: Staged] = [:]
        while true {
            // Documents that arrived or changed while others were staged are taken in the next round.
            let pending = try await readyDocuments().filter { staged[$0.id]?.isCurrent($0) != true }
            let finished = staged.count
            for (done, document) in pending.enumerated() {
                progress(finished + done, finished + pending.count)
                if isCancelled() { throw CancellationError() }
                do {
                    staged[document.id] = try await stage(document, generation: generation, isCancelled: isCancelled)
                } catch AssistError.documentGone, VectorStoreError.unknownDocument {
                    // Deleted meanwhile.
                }
            }
            let all = staged
            do {
                try await collection.finishRebuild { transaction in
                    let ready = try Self.readyDocuments(in: transaction)
                    for document in ready {
                        guard let staged = all[document.id], staged.isCurrent(document) else {
                            throw AssistError.changedMeanwhile(id: document.id)
                        }
                        try DocumentCatalog.update(document.withOutcome(of: staged.after), in: transaction)
                    }
                }
                progress(staged.count, staged.count)
                return ReindexSummary(
                    documents: staged.count, passages: staged.values.reduce(0) { $0 + ($1.after.passageCount ?? 0) },
                    generation: generation)
            } catch AssistError.changedMeanwhile {
                continue
            }
        }
    }

    private func stage(
        _ document: StoredDocument, generation: Int, isCancelled: @escaping @Sendable () -> Bool
    ) async throws -> Staged {
        let prepared: Prepared
        do {
            prepared = try await prepare(document.id, isCancelled: isCancelled) { _ in }
        } catch let error as IngestError where error != .cancelled && !error.isRetryable {
            var failed = document
            failed.status = .failed
            failed.failure = Self.failure(error)
            failed.passageCount = 0
            failed.processedAtMilliseconds = now()
            return Staged(before: document, after: failed)
        } catch IngestError.cancelled {
            throw CancellationError()
        }
        let text = prepared.text
        try await collection.stageDocument(document.id, with: prepared.records) { transaction in
            guard try DocumentCatalog.find(document.id, in: transaction) != nil else {
                throw AssistError.documentGone(id: document.id)
            }
            try DocumentCatalog.setText(text, of: document.id, generation: generation, in: transaction)
        }
        var after = prepared.document
        after.generation = generation
        return Staged(before: document, after: after)
    }

    private func readyDocuments() async throws -> [StoredDocument] {
        try await database.read { try Self.readyDocuments(in: $0) }
    }

    private static func readyDocuments(in transaction: any ReadTransaction) throws -> [StoredDocument] {
        var ready = DocumentQuery()
        ready.statuses = [.ready]
        return try DocumentCatalog.ids(ready, in: transaction).compactMap {
            try DocumentCatalog.find($0, in: transaction)
        }
    }
}

/// A document whose passages wait in the next generation.
private struct Staged: Sendable {
    let before: StoredDocument
    let after: StoredDocument

    /// Whether `document` was not ingested again since it was staged.
    func isCurrent(_ document: StoredDocument) -> Bool {
        before.processedAtMilliseconds == document.processedAtMilliseconds && before.generation == document.generation
    }
}
