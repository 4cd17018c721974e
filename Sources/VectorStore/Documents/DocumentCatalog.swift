import Store

/// The `documents` table. Every function runs inside the caller's transaction.
public enum DocumentCatalog {
    private static let columns = """
        id, title, filename, format, size_bytes, sha256, document_type, tags, visibility, language, property_id, \
        client_id, transaction_id, uploaded_by, status, error, warnings, page_count, row_count, char_count, \
        passage_count, generation, embedding_model, splitter, job_id, created_at, updated_at, processed_at, version
        """

    public static func insert(
        _ document: StoredDocument, collection: Int64, in transaction: any WriteTransaction
    ) throws {
        let placeholders = (1...30).map { "$\($0)" }.joined(separator: ", ")
        try transaction.execute(
            "INSERT INTO documents (\(columns), collection_id) VALUES (\(placeholders))",
            try values(of: document) + [collection])
    }

    /// Writes every changeable column. A document that is gone stays gone: returns false.
    @discardableResult
    public static func update(_ document: StoredDocument, in transaction: any WriteTransaction) throws -> Bool {
        let names = columns.split(separator: ",").map { $0.trimmingPrefix(while: \.isWhitespace) }
        let assignments = zip(names, 1...).dropFirst().map { "\($0) = $\($1)" }.joined(separator: ", ")
        return try transaction.execute(
            "UPDATE documents SET \(assignments) WHERE id = $1", try values(of: document)) == 1
    }

    public static func find(_ id: String, in transaction: any ReadTransaction) throws -> StoredDocument? {
        try transaction.row("SELECT \(columns) FROM documents WHERE id = $1", [id]).map(document)
    }

    /// Documents with this content, oldest first.
    public static func find(sha256: String, in transaction: any ReadTransaction) throws -> [StoredDocument] {
        try transaction.rows(
            "SELECT \(columns) FROM documents WHERE sha256 = $1 ORDER BY created_at, id", [sha256]
        ).map(document)
    }

    /// The content hashes of all documents.
    public static func contentHashes(in transaction: any ReadTransaction) throws -> Set<String> {
        Set(try transaction.rows("SELECT DISTINCT sha256 FROM documents").map { try $0.text(0) })
    }

    /// The page of documents that `query` asks for, with the number of all that match.
    public static func list(
        _ query: DocumentQuery, in transaction: any ReadTransaction
    ) throws -> (documents: [StoredDocument], total: Int) {
        let (condition, arguments) = query.condition
        let total = try transaction.row("SELECT count(*) FROM documents WHERE \(condition)", arguments)?.int(0) ?? 0
        let page = try transaction.rows(
            """
            SELECT \(columns) FROM documents WHERE \(condition) ORDER BY \(query.order)
            LIMIT \(query.limit) OFFSET \(query.offset)
            """, arguments
        ).map(document)
        return (page, Int(total))
    }

    /// Ids of all documents that match, without paging.
    public static func ids(_ query: DocumentQuery, in transaction: any ReadTransaction) throws -> [String] {
        let (condition, arguments) = query.condition
        return try transaction.rows("SELECT id FROM documents WHERE \(condition) ORDER BY id", arguments)
            .map { try $0.text(0) }
    }

    /// Removes the row and its text. Its records go by ``VectorCollection/removeDocument(_:and:)``.
    public static func remove(_ id: String, in transaction: any WriteTransaction) throws {
        try transaction.execute("DELETE FROM document_texts WHERE document_id = $1", [id])
        try transaction.execute("DELETE FROM documents WHERE id = $1", [id])
    }

    /// Stores the extracted text that all spans of the document's passages of this generation count in.
    public static func setText(
        _ text: String, of id: String, generation: Int, in transaction: any WriteTransaction
    ) throws {
        try transaction.execute(
            "DELETE FROM document_texts WHERE document_id = $1 AND generation = $2", [id, generation])
        try transaction.execute(
            "INSERT INTO document_texts (document_id, generation, text) VALUES ($1, $2, $3)", [id, generation, text])
    }

    public static func text(of id: String, generation: Int, in transaction: any ReadTransaction) throws -> String? {
        try transaction.row(
            "SELECT text FROM document_texts WHERE document_id = $1 AND generation = $2", [id, generation])?.text(0)
    }

    static func removeTexts(exceptGeneration generation: Int, in transaction: any WriteTransaction) throws {
        try transaction.execute("DELETE FROM document_texts WHERE generation <> $1", [generation])
    }

    private static func values(of document: StoredDocument) throws -> [any SQLConvertible] {
        [
            document.id, document.title, document.filename, document.format, document.sizeBytes, document.sha256,
            document.documentType, try JSONColumn.encode(document.tags), document.visibility.rawValue,
            document.language, document.propertyID, document.clientID, document.transactionID, document.uploadedBy,
            document.status.rawValue, try document.failure.map { try JSONColumn.encode($0) },
            try JSONColumn.encode(document.warnings), document.pageCount, document.rowCount,
            document.characterCount, document.passageCount, document.generation, document.embeddingModel,
            document.splitter, document.jobID, document.createdAtMilliseconds, document.updatedAtMilliseconds,
            document.processedAtMilliseconds, document.version,
        ]
    }

    private static func document(_ row: SQLRow) throws -> StoredDocument {
        let id = try row.text(0)
        func decode<T: Decodable>(_ type: T.Type, _ text: String) throws -> T {
            try JSONColumn.decode(type, text, table: "documents", id: id)
        }
        func known<T: RawRepresentable<String>>(_ type: T.Type, _ text: String) throws -> T {
            guard let value = T(rawValue: text) else {
                throw VectorStoreError.damagedRow(
                    table: "documents", id: id, detail: "\"\(text)\" is not a \(type)")
            }
            return value
        }
        var document = StoredDocument(
            id: id, title: try row.text(1), filename: try row.text(2), format: try row.text(3),
            sizeBytes: Int(try row.int(4)), sha256: try row.text(5), documentType: try row.optionalText(6),
            tags: try decode([String].self, try row.text(7)),
            visibility: try known(DocumentVisibility.self, try row.text(8)), language: try row.optionalText(9),
            propertyID: try row.optionalText(10), clientID: try row.optionalText(11),
            transactionID: try row.optionalText(12), uploadedBy: try row.text(13), jobID: try row.optionalText(24),
            createdAtMilliseconds: try row.int(25))
        document.status = try known(DocumentStatus.self, try row.text(14))
        document.failure = try row.optionalText(15).map { try decode(DocumentFailure.self, $0) }
        document.warnings = try decode([String].self, try row.text(16))
        document.pageCount = try row.optionalInt(17).map { Int($0) }
        document.rowCount = try row.optionalInt(18).map { Int($0) }
        document.characterCount = try row.optionalInt(19).map { Int($0) }
        document.passageCount = try row.optionalInt(20).map { Int($0) }
        document.generation = try row.optionalInt(21).map { Int($0) }
        document.embeddingModel = try row.optionalText(22)
        document.splitter = try row.optionalText(23)
        document.updatedAtMilliseconds = try row.int(26)
        document.processedAtMilliseconds = try row.optionalInt(27)
        document.version = Int(try row.int(28))
        return document
    }
}
