import Foundation
import GRDB

/// A GRDB connection inside a transaction, in the words of our protocols. Lives as long as that transaction.
final class SQLiteTransaction: WriteTransaction {
    let connection: GRDB.Database
    /// Statements as SQLite numbers their parameters.
    private var numberedSQL: [String: String] = [:]
    /// Statements whose rows are being read.
    private var open: Set<String> = []

    init(connection: GRDB.Database) {
        self.connection = connection
    }

    func forEach(_ sql: String, _ arguments: [any SQLConvertible], _ body: (SQLRow) throws -> Void) throws {
        // A cached statement has one cursor: the same text met again inside `body` needs a statement of its own.
        let isOutermost = open.insert(sql).inserted
        defer { if isOutermost { open.remove(sql) } }
        let numbered = numbered(sql)
        let statement =
            try isOutermost ? connection.cachedStatement(sql: numbered) : connection.makeStatement(sql: numbered)
        let columns = statement.columnCount
        let rows = try Row.fetchCursor(statement, arguments: Self.bind(arguments))
        while let row = try rows.next() {
            try body(SQLRow((0..<columns).map { Self.value(row[$0]) }))
        }
    }

    @discardableResult
    func execute(_ sql: String, _ arguments: [any SQLConvertible]) throws -> Int {
        let before = connection.totalChangesCount
        try connection.cachedStatement(sql: numbered(sql)).execute(arguments: Self.bind(arguments))
        // The total also counts what triggers and cascades do; the other count is stale after a statement without rows.
        return connection.totalChangesCount == before ? 0 : connection.changesCount
    }

    private static func bind(_ arguments: [any SQLConvertible]) throws -> StatementArguments {
        var values: [DatabaseValue] = []
        values.reserveCapacity(arguments.count)
        for (offset, argument) in arguments.enumerated() {
            values.append(try databaseValue(argument.sqlValue, parameter: offset + 1))
        }
        return StatementArguments(values)
    }

    /// SQLite numbers `$1` by its first occurrence, `?1` by its digits.
    private func numbered(_ sql: String) -> String {
        if let known = numberedSQL[sql] { return known }
        let made = sql.replacing("$", with: "?")
        numberedSQL[sql] = made
        return made
    }

    private static func databaseValue(_ value: SQLValue, parameter: Int) throws(StoreError) -> DatabaseValue {
        switch value {
        case .null: .null
        case .integer(let number): number.databaseValue
        case .real(let number): number.databaseValue
        case .text(let text):
            // Would be cut at the NUL without a word; PostgreSQL refuses it too.
            if text.utf8.contains(0) {
                throw .constraint(detail: "parameter $\(parameter) is text with a NUL character")
            } else {
                text.databaseValue
            }
        case .blob(let bytes): Data(bytes).databaseValue
        }
    }

    private static func value(_ value: DatabaseValue) -> SQLValue {
        switch value.storage {
        case .null: .null
        case .int64(let number): .integer(number)
        case .double(let number): .real(number)
        case .string(let text): .text(text)
        case .blob(let data): .blob([UInt8](data))
        }
    }
}
