import Store
import TestSupport
import Testing
import Threads

@testable import VectorStore

@Suite struct SchemaTests {
    /// A file of the first schema opens with all that it held: texts, metadata, vectors, words and pending removals.
    @Test func aFileOfTheFirstSchemaIsTakenOver() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/old.sqlite"
        let old = try SQLiteDatabase(path: path, migrations: Array(VectorStoreSchema.migrations.prefix(1)))
        try await old.write { transaction in
            try transaction.execute(
                """
                INSERT INTO collections
                    (id, name, dimension, metric, fingerprint, generation, forgotten_sequence, created_at)
                VALUES (1, 'documents', 2, 'cosine', 'model-a', 1, 0, 5)
                """)
            for id in 1...3 {
                try transaction.execute(
                    """
                    INSERT INTO records
                        (id, collection_id, generation, record_key, position, text, context, metadata, vector)
                    VALUES ($1, 1, 1, $2, 0, $3, 'Guide', $4, $5)
                    """,
                    [
                        id, "key\(id)", "zebra number\(id)", "{\"page\":\(id),\"tags\":[\"a\"]}",
                        VectorColumn.encode([Float(id), 1]),
                    ])
                try transaction.addText(
                    ["zebra number\(id)", "Guide"], rowID: Int64(id), index: VectorStoreSchema.textIndex)
            }
            try transaction.execute("UPDATE sequences SET value = 4 WHERE name = 'records'")
            try transaction.execute(
                "INSERT INTO removed_records (sequence, collection_id, record_id) VALUES (4, 1, 9)")
        }
        try await old.close()

        let pool = ThreadPool(name: "test", threads: 2)
        defer { pool.shutDown() }
        let database = try SQLiteDatabase(path: path, migrations: VectorStoreSchema.migrations)
        let collection = try await VectorCollection.open(
            name: "documents", dimension: 2, fingerprint: "model-a", database: database,
            folder: folder.path + "/index", pool: pool)
        try await collection.prepare()
        let records = try await collection.records(limit: 10)
        #expect(records.map(\.key) == ["key1", "key2", "key3"])
        #expect(records[1].text == "zebra number2" && records[1].context == "Guide")
        #expect(records[1].metadata == ["page": .integer(2), "tags": .list([.string("a")])])
        #expect(try await collection.vectors([2]) == [[2, 1]])
        #expect(try await collection.matching(anyOf: ["zebra"], limit: 5).count == 3)
        #expect(try await collection.nearest(to: [3, 1], k: 1).records.map(\.id) == [3])
        #expect(try await collection.check() == [])
        #expect(try await database.checkIntegrity() == [])
    }
}
