import Foundation
import GRDB

/// A GRDB connection inside a transaction, in the words of our protocols.
struct SQLiteTransaction: WriteTransaction {
    let connection: GRDB.Database

    func forEach(_ sql: String, _ arguments: [any SQLConvertible], _ body: (SQLRow) throws -> Void) throws {
        let statement = try connection.cachedStatement(sql: sql)
        let columns = statement.columnCount
        let rows = try Row.fetchCursor(statement, arguments: Self.bind(arguments))
        while let row = try rows.next() {
            try body(SQLRow((0..<columns).map { Self.value(row[$0]) }))
        }
    }

    @discardableResult
    func execute(_ sql: String, _ arguments: [any SQLConvertible]) throws -> Int {
        let before = connection.totalChangesCount
        try connection.cachedStatement(sql: sql).execute(arguments: Self.bind(arguments))
        return connection.totalChangesCount - before
    }

    /// SQLite numbers `$1` by first occurrence, not by its digits: bind by name.
    private static func bind(_ arguments: [any SQLConvertible]) -> StatementArguments {
        var named: [String: (any DatabaseValueConvertible)?] = [:]
        named.reserveCapacity(arguments.count)
        for (offset, argument) in arguments.enumerated() {
            named[String(offset + 1)] = databaseValue(argument.sqlValue)
        }
        return StatementArguments(named)
    }

    private static func databaseValue(_ value: SQLValue) -> DatabaseValue {
        switch value {
        case .null: .null
        case .integer(let number): number.databaseValue
        case .real(let number): number.databaseValue
        case .text(let text): text.databaseValue
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
