/// The vectors and truth of one run.
struct BenchmarkData {
    /// Neighbors asked for in every measurement.
    static let k = 10
    /// Neighbors kept of a truth that is found by exact search.
    static let computedTruthWidth = 100

    /// How many vectors are indexed.
    let baseCount: Int
    let queries: VectorMatrix
    /// nil when no file was named.
    let truth: Truth?
    private let baseFile: MatrixFile

    /// - Throws: `MatrixFileError`, `BenchmarkDataError`.
    init(base: String, queries: String, truth: String?, limit: Int?) throws {
        baseFile = try MatrixFile(path: base)
        guard baseFile.element == .float32 else {
            throw MatrixFileError.wrongElement(
                path: base, expected: "float32 vectors", found: baseFile.element.rawValue)
        }
        let baseCount = min(baseFile.rows, limit ?? .max)
        self.baseCount = baseCount
        self.queries = try MatrixFile(path: queries).vectors()
        guard self.queries.dimension == baseFile.columns else {
            throw BenchmarkDataError.dimensionMismatch(
                path: queries, expected: baseFile.columns, found: self.queries.dimension)
        }
        guard let truth else {
            self.truth = nil
            return
        }
        let file = try MatrixFile(path: truth)
        let keys = try file.keys()
        guard file.rows == self.queries.count else {
            throw BenchmarkDataError.truthRows(path: truth, expected: self.queries.count, found: file.rows)
        }
        guard file.columns >= min(Self.k, baseCount) else {
            throw BenchmarkDataError.truthWidth(path: truth, expected: min(Self.k, baseCount), found: file.columns)
        }
        if let bad = keys.firstIndex(where: { $0 >= UInt64(baseCount) }) {
            throw BenchmarkDataError.truthKey(
                path: truth, row: bad / file.columns, key: keys[bad], vectorCount: baseCount)
        }
        self.truth = Truth(keys: keys, width: file.columns)
    }

    /// Reads the base vectors anew each time, so that no measurement holds them longer than it needs.
    func readBase() throws -> VectorMatrix { try baseFile.vectors(limit: baseCount) }
}

/// What files can get wrong about each other.
enum BenchmarkDataError: Error, Equatable, CustomStringConvertible {
    case dimensionMismatch(path: String, expected: Int, found: Int)
    case truthRows(path: String, expected: Int, found: Int)
    case truthWidth(path: String, expected: Int, found: Int)
    case truthKey(path: String, row: Int, key: UInt64, vectorCount: Int)
    case tooFewVectors(part: String, expected: Int, found: Int)
    case foreignIndex(path: String)

    var description: String {
        switch self {
        case .dimensionMismatch(let path, let expected, let found):
            "The vectors of \(path) have \(found) dimensions but those of the base have \(expected); "
                + "embed both with one model."
        case .truthRows(let path, let expected, let found):
            "\(path) has \(found) rows but there are \(expected) queries; name the truth of these queries."
        case .truthWidth(let path, let expected, let found):
            "\(path) has \(found) neighbors a query but \(expected) are needed; leave --truth out to have them found."
        case .truthKey(let path, let row, let key, let vectorCount):
            "Row \(row) of \(path) names vector \(key) but only \(vectorCount) are indexed; "
                + "leave --truth out when --limit is given."
        case .tooFewVectors(let part, let expected, let found):
            "The part \(part) needs at least \(expected) vectors but the base has \(found); leave it out with --parts."
        case .foreignIndex(let path):
            "The saved index \(path) was built from other vectors or settings; delete it or name another --index."
        }
    }
}
