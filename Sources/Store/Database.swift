/// A value as every supported engine knows it.
public enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])
}

/// A Swift value that can stand for a `$n` parameter.
public protocol SQLConvertible {
    var sqlValue: SQLValue { get }
}

extension SQLValue: SQLConvertible {
    public var sqlValue: SQLValue { self }
}
extension Int: SQLConvertible {
    public var sqlValue: SQLValue { .integer(Int64(self)) }
}
extension Int64: SQLConvertible {
    public var sqlValue: SQLValue { .integer(self) }
}
extension Double: SQLConvertible {
    public var sqlValue: SQLValue { .real(self) }
}
extension String: SQLConvertible {
    public var sqlValue: SQLValue { .text(self) }
}
extension Bool: SQLConvertible {
    public var sqlValue: SQLValue { .integer(self ? 1 : 0) }
}
extension [UInt8]: SQLConvertible {
    public var sqlValue: SQLValue { .blob(self) }
}
extension Optional: SQLConvertible where Wrapped: SQLConvertible {
    public var sqlValue: SQLValue { self?.sqlValue ?? .null }
}

/// One row of a result, read by column position.
///
/// A column of another type than asked for means a damaged file or a wrong statement;
/// the getters throw ``StoreError/unexpectedColumn(index:expected:found:)``.
public struct SQLRow: Sendable, Hashable {
    public let values: [SQLValue]

    public init(_ values: [SQLValue]) {
        self.values = values
    }

    public func int(_ index: Int) throws(StoreError) -> Int64 {
        guard case .integer(let value) = self[index] else { throw mismatch(index, "integer") }
        return value
    }

    public func text(_ index: Int) throws(StoreError) -> String {
        guard case .text(let value) = self[index] else { throw mismatch(index, "text") }
        return value
    }

    public func blob(_ index: Int) throws(StoreError) -> [UInt8] {
        guard case .blob(let value) = self[index] else { throw mismatch(index, "blob") }
        return value
    }

    /// A number; integers convert, as the engines store whole reals either way.
    public func real(_ index: Int) throws(StoreError) -> Double {
        switch self[index] {
        case .real(let value): return value
        case .integer(let value): return Double(value)
        default: throw mismatch(index, "real")
        }
    }

    public func bool(_ index: Int) throws(StoreError) -> Bool { try int(index) != 0 }

    public func isNull(_ index: Int) -> Bool { self[index] == .null }

    public func optionalInt(_ index: Int) throws(StoreError) -> Int64? { isNull(index) ? nil : try int(index) }

    public func optionalText(_ index: Int) throws(StoreError) -> String? { isNull(index) ? nil : try text(index) }

    public func optionalReal(_ index: Int) throws(StoreError) -> Double? { isNull(index) ? nil : try real(index) }

    /// The value at `index`, `null` where the row is shorter.
    public subscript(index: Int) -> SQLValue {
        values.indices.contains(index) ? values[index] : .null
    }

    private func mismatch(_ index: Int, _ expected: String) -> StoreError {
        .unexpectedColumn(index: index, expected: expected, found: self[index].typeName)
    }
}

extension SQLValue {
    var typeName: String {
        switch self {
        case .null: "null"
        case .integer: "integer"
        case .real: "real"
        case .text: "text"
        case .blob: "blob"
        }
    }
}

/// What a read transaction can do. Valid only inside the closure that received it.
///
/// SQL is the subset that SQLite and PostgreSQL share, with `$1 … $n` parameters. Full text is
/// the one thing on which they differ too much; it has methods of its own (``FullTextReader``).
public protocol ReadTransaction: FullTextReader {
    /// Calls `body` for each row, in order, without holding the whole result.
    func forEach(_ sql: String, _ arguments: [any SQLConvertible], _ body: (SQLRow) throws -> Void) throws
}

extension ReadTransaction {
    public func rows(_ sql: String, _ arguments: [any SQLConvertible] = []) throws -> [SQLRow] {
        var result: [SQLRow] = []
        try forEach(sql, arguments) { result.append($0) }
        return result
    }

    /// The first row, if any.
    public func row(_ sql: String, _ arguments: [any SQLConvertible] = []) throws -> SQLRow? {
        try rows(sql, arguments).first
    }
}

/// What a write transaction can do. Everything in one closure commits together or not at all.
public protocol WriteTransaction: ReadTransaction, FullTextWriter {
    /// Runs one statement and returns how many rows it changed.
    @discardableResult
    func execute(_ sql: String, _ arguments: [any SQLConvertible]) throws -> Int
}

extension WriteTransaction {
    @discardableResult
    public func execute(_ sql: String) throws -> Int { try execute(sql, []) }
}

/// The one place of truth, whatever engine stands behind it.
///
/// Thread rule: every method may be called from any task; the closures run on the engine's own
/// threads, never on the cooperative pool. Writes are serialized by one writer connection, which
/// also does all checkpoints. Reads see the last committed state and never wait for the writer.
/// Errors: ``StoreError``; errors thrown by a closure pass through and roll a write back. A call from a task that
/// is cancelled before the commit throws `CancellationError` and changes nothing; what must happen all the same
/// belongs in a task of its own.
public protocol Database: Sendable {
    /// Short name of the engine for diagnostics, such as `sqlite`.
    var engineName: String { get }

    /// Runs `body` over one snapshot.
    func read<T: Sendable>(_ body: @escaping @Sendable (any ReadTransaction) throws -> T) async throws -> T

    /// Runs `body` in one transaction. When this returns, the change is on stable storage.
    func write<T: Sendable>(_ body: @escaping @Sendable (any WriteTransaction) throws -> T) async throws -> T

    /// Version of the schema found in the file: the number of applied migrations.
    func schemaVersion() async throws -> Int

    /// Proves the file's structure. Returns the problems found, empty when sound. Slow: reads every page.
    func checkIntegrity() async throws -> [String]

    /// Gives space that nothing uses back to the file system, a little at a time, so that writers get their turn: at most a
    /// tenth of the file is unused afterwards. `texts` are the full-text indexes whose entries of removed rows may go.
    func compact(texts: [TextIndex]) async throws

    /// Leaves nothing of what was removed in any file of the database. Writers wait, for about a second for each 200 MB.
    func purge(texts: [TextIndex]) async throws

    /// Folds the log into the file and gives the connections back. The database refuses calls afterwards.
    func close() async throws
}
