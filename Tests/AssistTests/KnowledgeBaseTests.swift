import Embedding
import Foundation
import Ingest
import Store
import TestSupport
import Testing
import VectorStore

@testable import Assist

@Suite struct KnowledgeBaseTests {
    private let rents = """
        building,unit,annual_rent_aed,status
        Coral Mast Tower,1203,95000,let
        Coral Mast Tower,1204,97000,vacant
        Pearl Quay House,7,180000,let
        """

    @Test func aDocumentBecomesEvidenceWithItsPlaces() async throws {
        let fixture = try await KnowledgeBaseFixture()
        let id = try await fixture.addExample("service-charge-guide.pdf")
        let document = try #require(await fixture.document(id))
        #expect(document.status == .ready)
        #expect((document.pageCount ?? 0) >= 2)
        let records = try await fixture.collection.records(ofDocument: id)
        #expect(records.count == document.passageCount)
        let text = try #require(
            await fixture.database.read { try DocumentCatalog.text(of: id, generation: 1, in: $0) })
        let scalars = Array(text.unicodeScalars)
        for record in records {
            let place = try #require(PassagePlace(metadata: record.metadata))
            #expect(place.page != nil)
            #expect(
                scalars[place.characterStart..<place.characterEnd].elementsEqual((record.text ?? "").unicodeScalars))
            #expect((place.tokenCount ?? 0) <= fixture.embedder.maximumTokens)
        }
    }

    @Test func anAnswerQuotesItsSourceWordForWord() async throws {
        let fixture = try await KnowledgeBaseFixture()
        let id = try await fixture.add(rents, name: "rents.csv")
        let answer = try await fixture.assistant.answer(
            Question("What is the annual rent of unit 1204 in Coral Mast Tower?"))
        #expect(answer.status == .answered)
        #expect(answer.text.contains("97000"))
        let citation = try #require(answer.citations.first)
        let passage = answer.passages[citation.marker - 1]
        #expect(passage.documentID == id)
        #expect(passage.place.rowStart == 2)
        #expect(passage.text.contains(citation.quote))
        #expect(answer.confidence > 0 && answer.confidence <= 1)
    }

    @Test func whatIsNotThereIsRefused() async throws {
        let fixture = try await KnowledgeBaseFixture()
        let empty = try await fixture.assistant.answer(Question("Who pays the service charge?"))
        #expect(empty.refusal == .noEvidence)
        _ = try await fixture.add(rents, name: "rents.csv")
        let answer = try await fixture.assistant.answer(Question("How do I bake sourdough bread at home?"))
        #expect(answer.status == .refused)
        #expect(answer.text.isEmpty && answer.citations.isEmpty && answer.confidence == 0)
    }

    @Test func documentsOutsideTheScopeDoNotExist() async throws {
        let fixture = try await KnowledgeBaseFixture()
        let id = try await fixture.add(rents, name: "rents.csv")
        try await fixture.database.write { transaction in
            guard var document = try DocumentCatalog.find(id, in: transaction) else { return }
            document.visibility = .private
            try DocumentCatalog.update(document, in: transaction)
        }
        var question = Question("What is the annual rent of unit 1204 in Coral Mast Tower?")
        question.documents.reader = .staff(userID: "user-2")
        #expect(try await fixture.assistant.answer(question).passages.isEmpty)
        question.documents.reader = .staff(userID: "user-1")
        #expect(try await !fixture.assistant.answer(question).passages.isEmpty)
    }

    @Test func requiredMentionsThinOutTheSources() async throws {
        let fixture = try await KnowledgeBaseFixture()
        _ = try await fixture.add(rents, name: "rents.csv")
        var question = Question("annual rent")
        question.requiredMentions = [["pearl quay"]]
        let retrieval = try await fixture.assistant.retrieve(question, limit: 5)
        #expect(retrieval.passages.count == 1)
        #expect(retrieval.passages.allSatisfy { $0.text.contains("Pearl Quay House") })
    }

    @Test func anUnreadableFileFailsByNameAndIsNoEvidence() async throws {
        let fixture = try await KnowledgeBaseFixture()
        let id = try await fixture.admit(Array("%PDF-1.7\nnothing else".utf8), name: "broken.pdf")
        await #expect(throws: IngestError.self) { try await fixture.knowledgeBase.ingest(id) }
        let document = try #require(await fixture.document(id))
        #expect(document.status == .failed)
        #expect(document.failure?.code == "malformed_file")
        #expect(try await fixture.collection.records(ofDocument: id).isEmpty)
    }

    @Test func theDoorRefusesWhatIsNoDocument() async throws {
        let fixture = try await KnowledgeBaseFixture()
        for (bytes, name, code) in [
            ([], "a.pdf", "empty_file"),
            ([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A], "a.pdf", "unsupported_media_type"),
            (Array("a,b\n1,2\n".utf8), "a.pdf", "extension_mismatch"),
        ] as [([UInt8], String, String)] {
            let error = await #expect(throws: IngestError.self) { try await fixture.admit(bytes, name: name) }
            #expect(error?.code == code)
        }
        let incoming = try FileManager.default.contentsOfDirectory(atPath: fixture.folder.path + "/files/incoming")
        #expect(incoming.isEmpty)
    }

    @Test func equalContentIsStoredOnceAndGoesWithItsLastDocument() async throws {
        let fixture = try await KnowledgeBaseFixture()
        let first = try await fixture.add(rents, name: "rents.csv")
        let second = try await fixture.admit(Array(rents.utf8), name: "copy.csv")
        #expect(first == second)
        let document = try #require(await fixture.document(first))
        let path = fixture.files.path(sha256: document.sha256)
        #expect(FileManager.default.fileExists(atPath: path))
        try await fixture.knowledgeBase.remove(first)
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(fixture.collection.count == 0)
        #expect(try await fixture.collection.matching(anyOf: ["coral"], limit: 5).isEmpty)
        await #expect(throws: VectorStoreError.unknownDocument(id: first)) {
            try await fixture.knowledgeBase.remove(first)
        }
    }

    @Test func reindexingReplacesPassagesAndKeepsAnswers() async throws {
        let fixture = try await KnowledgeBaseFixture()
        let id = try await fixture.add(rents, name: "rents.csv")
        let before = try await fixture.collection.records(ofDocument: id)
        #expect(try await fixture.knowledgeBase.reindex(.changed(force: false)).documents == 0)
        #expect(try await fixture.knowledgeBase.reindex(.changed(force: true)).documents == 1)
        #expect(try await fixture.knowledgeBase.reindex(.documents([id])).passages == before.count)
        let whole = try await fixture.knowledgeBase.reindex(.all)
        #expect(whole == ReindexSummary(documents: 1, passages: before.count, generation: 2))
        #expect(fixture.collection.description.generation == 2)
        let after = try await fixture.collection.records(ofDocument: id)
        #expect(after.map(\.text) == before.map(\.text))
        #expect(Set(after.map(\.key)).isDisjoint(with: before.map(\.key)))
        let document = try #require(await fixture.document(id))
        #expect(document.generation == 2 && document.status == .ready)
        #expect(try await fixture.database.read { try DocumentCatalog.text(of: id, generation: 1, in: $0) } == nil)
        #expect(try await fixture.database.read { try DocumentCatalog.text(of: id, generation: 2, in: $0) } != nil)
        #expect(try await fixture.collection.check() == [])
    }

    @Test func aCancelledReindexLeavesTheOldGeneration() async throws {
        let fixture = try await KnowledgeBaseFixture()
        let id = try await fixture.add(rents, name: "rents.csv")
        await #expect(throws: CancellationError.self) {
            try await fixture.knowledgeBase.reindex(.all, isCancelled: { true })
        }
        #expect(fixture.collection.description.generation == 1)
        #expect(try await fixture.collection.records(ofDocument: id).count == 3)
        #expect(try await fixture.document(id)?.status == .ready)
    }

    @Test func progressRisesThroughTheStages() async throws {
        let fixture = try await KnowledgeBaseFixture()
        let id = try await fixture.admit(Array(rents.utf8), name: "rents.csv")
        let (stream, continuation) = AsyncStream.makeStream(of: IngestProgress.self)
        let summary = try await fixture.knowledgeBase.ingest(id, progress: { continuation.yield($0) })
        continuation.finish()
        var stages: [DocumentStatus] = []
        for await progress in stream where stages.last != progress.stage { stages.append(progress.stage) }
        #expect(stages == [.extracting, .embedding])
        #expect(summary.rows == 3 && summary.passages == 3 && summary.status == .ready)
        #expect(summary.workerPeakBytes > 1_000_000)
    }

    @Test func nothingBelowTheMinimumScoreIsCited() async throws {
        let fixture = try await KnowledgeBaseFixture()
        _ = try await fixture.add(rents, name: "rents.csv")
        var question = Question("What is the annual rent of unit 1204 in Coral Mast Tower?")
        let all = try await fixture.assistant.answer(question)
        let best = try #require(all.passages.first)
        #expect(all.passages.count == 3)
        question.minimumScore = best.score - 1e-6
        let strict = try await fixture.assistant.answer(question)
        #expect(strict.evidenceCount == 1)
        #expect(strict.citations.allSatisfy { $0.marker == 1 })
        question.minimumScore = 1
        #expect(try await fixture.assistant.answer(question).refusal == .noEvidence)
    }

    @Test func aScanIsNoEvidence() async throws {
        let fixture = try await KnowledgeBaseFixture()
        let path = BuiltProgram.repository + "/Tests/Fixtures/ingest/scanned.pdf"
        let id = try await fixture.admit([UInt8](try Data(contentsOf: URL(filePath: path))), name: "scanned.pdf")
        #expect(try await fixture.knowledgeBase.ingest(id).status == .needsOCR)
        #expect(try await fixture.collection.records(ofDocument: id).isEmpty)
        #expect(try await fixture.document(id)?.failure?.code == "needs_ocr")
    }

    /// A reader that cannot even be started says nothing of the file: what was evidence stays evidence.
    @Test func aPassingTroubleLeavesAReadyDocumentAsItIs() async throws {
        let fixture = try await KnowledgeBaseFixture()
        let id = try await fixture.add(rents, name: "rents.csv")
        let troubled = fixture.knowledgeBase(reader: "/nonexistent/program")
        await #expect(throws: IngestError.self) { try await troubled.ingest(id) }
        #expect(try await fixture.document(id)?.status == .ready)
        #expect(try await fixture.collection.records(ofDocument: id).count == 3)
    }

    @Test func oneUnreadableOrDeletedDocumentDoesNotStopAReindex() async throws {
        let fixture = try await KnowledgeBaseFixture()
        let good = try await fixture.add(rents, name: "rents.csv")
        let bad = try await fixture.add("a,b\n1,2\n", name: "bad.csv")
        let document = try #require(await fixture.document(bad))
        try Data("a,b\n".utf8).write(to: URL(filePath: fixture.files.path(sha256: document.sha256)))
        let summary = try await fixture.knowledgeBase.reindex(.documents(["gone", bad, good]))
        #expect(summary.documents == 1)
        #expect(try await fixture.document(bad)?.failure?.code == "empty_text")
        #expect(try await fixture.document(good)?.status == .ready)
    }
}
