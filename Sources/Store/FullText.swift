/// A full-text index over columns of a table. The index keeps no copy of the texts: rows are added and removed
/// together with the table's, in the same transaction.
///
/// The engines differ in SQL here, so the driver owns the statements; names are ours, never input.
public struct TextIndex: Sendable, Hashable {
    public let name: String
    public let table: String
    /// The integer key column of `table`.
    public let rowIDColumn: String
    public let columns: [String]
    /// What a word counts in each column, relative to the others.
    public let weights: [Double]

    public init(name: String, table: String, rowIDColumn: String, columns: [String], weights: [Double]) {
        precondition(columns.count == weights.count && !columns.isEmpty, "every column needs a weight")
        self.name = name
        self.table = table
        self.rowIDColumn = rowIDColumn
        self.columns = columns
        self.weights = weights
    }
}

/// One hit of a full-text search.
public struct FullTextHit: Sendable, Hashable {
    /// Id of the row as given to ``FullTextWriter/addText(_:rowID:index:)``.
    public let rowID: Int64
    /// BM25 relevance, larger is better, above zero.
    public let score: Double

    public init(rowID: Int64, score: Double) {
        self.rowID = rowID
        self.score = score
    }
}

public protocol FullTextReader {
    /// The best `limit` rows that hold any of `terms` (stemmed, case and accents ignored), best first.
    ///
    /// Terms are words, not syntax: whatever they contain, they are matched literally.
    func searchText(anyOf terms: [String], index: TextIndex, limit: Int) throws -> [FullTextHit]

    /// Number of rows in the index that hold `term`.
    func textFrequency(of term: String, index: TextIndex) throws -> Int
}

public protocol FullTextWriter {
    /// Creates the index, empty.
    func createTextIndex(_ index: TextIndex) throws

    /// Adds a row: one text for each column.
    func addText(_ texts: [String], rowID: Int64, index: TextIndex) throws

    /// Takes a row out. `texts` must be what was added under this id.
    func removeText(_ texts: [String], rowID: Int64, index: TextIndex) throws

    /// Proves that the index equals the texts it was fed. Returns the problems found.
    func checkText(index: TextIndex) throws -> [String]
}
