import GRDB

/// Full text by FTS5: Porter stems over Unicode words without case and accents, BM25 ranks.
///
/// The index is an external-content table: it keeps the inverted lists, the texts stay in their own table.
extension SQLiteTransaction {
    func createTextIndex(_ index: TextIndex) throws {
        try execute(
            """
            CREATE VIRTUAL TABLE \(index.name) USING fts5(
                \(index.columns.joined(separator: ", ")), content='\(index.table)',
                content_rowid='\(index.rowIDColumn)', tokenize='porter unicode61 remove_diacritics 2')
            """)
    }

    func addText(_ texts: [String], rowID: Int64, index: TextIndex) throws {
        try execute("INSERT INTO \(index.name) \(Self.rowValues(of: index, command: nil))", [rowID] + texts)
    }

    func removeText(_ texts: [String], rowID: Int64, index: TextIndex) throws {
        try execute("INSERT INTO \(index.name) \(Self.rowValues(of: index, command: "delete"))", [rowID] + texts)
    }

    func searchText(anyOf terms: [String], index: TextIndex, limit: Int) throws -> [FullTextHit] {
        let query = Self.matchExpression(terms)
        guard !query.isEmpty, limit > 0 else { return [] }
        let weights = index.weights.map { String($0) }.joined(separator: ", ")
        return try rows(
            """
            SELECT rowid, bm25(\(index.name), \(weights)) AS badness FROM \(index.name)
            WHERE \(index.name) MATCH $1 ORDER BY badness, rowid LIMIT $2
            """, [query, limit]
        ).map { FullTextHit(rowID: try $0.int(0), score: -(try $0.real(1))) }
    }

    func textFrequency(of term: String, index: TextIndex) throws -> Int {
        let query = Self.matchExpression([term])
        guard !query.isEmpty else { return 0 }
        return try Int(
            row("SELECT count(*) FROM \(index.name) WHERE \(index.name) MATCH $1", [query])?.int(0) ?? 0)
    }

    func checkText(index: TextIndex) throws -> [String] {
        do {
            try execute("INSERT INTO \(index.name) (\(index.name), rank) VALUES ('integrity-check', 1)")
            return []
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CORRUPT {
            return ["the full-text index \(index.name) differs from its texts"]
        }
    }

    /// `(rowid, a, b) VALUES ($1, $2, $3)`, with FTS5's command column in front where one is given.
    private static func rowValues(of index: TextIndex, command: String?) -> String {
        let names = (command == nil ? [] : [index.name]) + ["rowid"] + index.columns
        let values = (command.map { ["'\($0)'"] } ?? []) + (1...index.columns.count + 1).map { "$\($0)" }
        return "(\(names.joined(separator: ", "))) VALUES (\(values.joined(separator: ", ")))"
    }

    /// Every term as a quoted FTS5 string, joined by OR; quotes are doubled, so no term is ever syntax.
    private static func matchExpression(_ terms: [String]) -> String {
        terms
            .map { $0.replacing("\0", with: "") }
            .filter { !$0.isEmpty }
            .map { "\"" + $0.replacing("\"", with: "\"\"") + "\"" }
            .joined(separator: " OR ")
    }
}
