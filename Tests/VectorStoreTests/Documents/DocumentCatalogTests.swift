import Foundation
import Store
import TestSupport
import Testing

@testable import VectorStore

@Suite struct DocumentCatalogTests {
    private func documents() async throws -> (CollectionFixture, [StoredDocument]) {
        let fixture = try await CollectionFixture()
        var all: [StoredDocument] = []
        for (index, visibility) in [DocumentVisibility.brokerage, .private, .clientShared].enumerated() {
            var document = StoredDocument(
                id: "doc-\(index)", title: "Marina 100% guide \(index)", filename: "guide_\(index).pdf", format: "pdf",
                sizeBytes: 100 + index, sha256: String(repeating: String(index), count: 64), documentType: "legal",
                tags: index == 0 ? ["Sea \"view\"", "b"] : ["b"], visibility: visibility, language: nil,
                propertyID: nil, clientID: index == 2 ? "client-1" : nil, transactionID: nil,
                uploadedBy: "user-\(index)", jobID: "job", createdAtMilliseconds: Int64(1_000 + index))
            document.status = index == 1 ? .failed : .ready
            if index == 1 {
                document.failure = DocumentFailure(code: "encrypted", detail: "It needs a password.", retryable: false)
            }
            all.append(document)
        }
        let (inserted, collection) = (all, fixture.collection.description.id)
        try await fixture.database.write { transaction in
            for document in inserted { try DocumentCatalog.insert(document, collection: collection, in: transaction) }
        }
        return (fixture, all)
    }

    private func ids(_ fixture: CollectionFixture, _ change: (inout DocumentQuery) -> Void) async throws -> [String] {
        var query = DocumentQuery()
        query.sort = [DocumentQuery.SortField(column: .sizeBytes, isDescending: false)]
        change(&query)
        return try await fixture.database.read { [query] transaction in
            try DocumentCatalog.list(query, in: transaction).documents.map(\.id)
        }
    }

    @Test func rowsComeBackAsTheyWereWritten() async throws {
        let (fixture, all) = try await documents()
        for document in all {
            #expect(try await fixture.database.read { try DocumentCatalog.find(document.id, in: $0) } == document)
        }
        var changed = all[1]
        changed.status = .ready
        changed.failure = nil
        changed.pageCount = 3
        changed.version = 2
        let new = changed
        #expect(try await fixture.database.write { try DocumentCatalog.update(new, in: $0) })
        #expect(try await fixture.database.read { try DocumentCatalog.find("doc-1", in: $0) } == changed)
        let gone = CollectionFixture.document("x")
        #expect(try await fixture.database.write { try DocumentCatalog.update(gone, in: $0) } == false)
    }

    @Test func readersSeeWhatTheirRoleAllows() async throws {
        let (fixture, _) = try await documents()
        #expect(try await ids(fixture) { $0.reader = .all } == ["doc-0", "doc-1", "doc-2"])
        #expect(try await ids(fixture) { $0.reader = .staff(userID: "user-0") } == ["doc-0", "doc-2"])
        #expect(try await ids(fixture) { $0.reader = .staff(userID: "user-1") } == ["doc-0", "doc-1", "doc-2"])
        #expect(try await ids(fixture) { $0.reader = .client(clientID: "client-1") } == ["doc-2"])
        #expect(try await ids(fixture) { $0.reader = .client(clientID: "client-2") } == [])
    }

    @Test func filtersMeanWhatTheContractSays() async throws {
        let (fixture, _) = try await documents()
        #expect(try await ids(fixture) { $0.statuses = [.failed] } == ["doc-1"])
        #expect(try await ids(fixture) { $0.tags = ["sea \"VIEW\""] } == ["doc-0"])
        #expect(try await ids(fixture) { $0.tags = ["sea"] } == [], "a tag matches whole")
        #expect(try await ids(fixture) { $0.tags = ["b", "sea \"view\""] } == ["doc-0"])
        #expect(try await ids(fixture) { $0.anyTags = ["x", "b"] }.count == 3)
        #expect(try await ids(fixture) { $0.words = ["MARINA", "guide_2"] } == ["doc-2"])
        #expect(try await ids(fixture) { $0.words = ["100%"] }.count == 3)
        #expect(try await ids(fixture) { $0.words = ["1%0"] } == [], "a percent sign is no wildcard")
        #expect(try await ids(fixture) { $0.createdFromMilliseconds = 1_001 } == ["doc-1", "doc-2"])
        #expect(try await ids(fixture) { $0.createdBeforeMilliseconds = 1_001 } == ["doc-0"])
        #expect(try await ids(fixture) { $0.ids = [] } == [])
        #expect(try await ids(fixture) { $0.ids = ["doc-2", "doc-9"] } == ["doc-2"])
    }

    @Test func pagesAreStableAndTheTotalIsExact() async throws {
        let (fixture, _) = try await documents()
        var query = DocumentQuery()
        query.sort = [DocumentQuery.SortField(column: .title, isDescending: true)]
        query.limit = 2
        query.offset = 1
        let page = try await fixture.database.read { [query] in try DocumentCatalog.list(query, in: $0) }
        #expect(page.total == 3)
        #expect(page.documents.map(\.id) == ["doc-1", "doc-0"])
    }

    @Test func aQueryWithoutConditionsIsUnrestricted() {
        var query = DocumentQuery()
        #expect(query.isUnrestricted)
        query.reader = .staff(userID: "u")
        #expect(!query.isUnrestricted)
    }

    @Test func filesAreKeptWholeUnderTheirHash() throws {
        let folder = try TemporaryFolder()
        let files = try DocumentFiles(folder: folder.path + "/files")
        let incoming = files.incomingPath(id: "upload-1")
        try Data("content".utf8).write(to: URL(fileURLWithPath: incoming))
        let hash = String(repeating: "c", count: 64)
        try files.sync(incoming)
        try files.keep(incoming, sha256: hash)
        let orphan = String(repeating: "d", count: 64)
        try Data("orphan".utf8).write(to: URL(fileURLWithPath: files.incomingPath(id: "orphan")))
        try files.keep(files.incomingPath(id: "orphan"), sha256: orphan)
        files.removeOrphans(keeping: [hash])
        #expect(!FileManager.default.fileExists(atPath: files.path(sha256: orphan)))
        #expect(try String(contentsOfFile: files.path(sha256: hash), encoding: .utf8) == "content")
        #expect(!FileManager.default.fileExists(atPath: incoming))
        try Data("half".utf8).write(to: URL(fileURLWithPath: files.incomingPath(id: "upload-2")))
        files.discardAllIncoming()
        #expect(!FileManager.default.fileExists(atPath: files.incomingPath(id: "upload-2")))
        #expect(throws: VectorStoreError.self) { try files.keep(files.incomingPath(id: "missing"), sha256: hash) }
    }
}
