import Foundation

/// What can be wrong with a file of vectors or neighbors.
enum MatrixFileError: Error, Equatable, CustomStringConvertible {
    /// The operating system refused; `code` is errno.
    case system(path: String, operation: String, code: Int32)
    case notARegularFile(path: String)
    /// The name does not end in one of the known ways.
    case unknownFormat(path: String, expected: String)
    /// A check of the header failed at `offset` bytes from the start.
    case malformedHeader(path: String, offset: Int, expected: String, found: String)
    /// The elements have another type than the purpose needs.
    case wrongElement(path: String, expected: String, found: String)
    /// The rows are stored column by column.
    case fortranOrder(path: String)
    /// The header promises another number of bytes than the file has; `expectedBytes` is `Int.max` if it overflows.
    case wrongSize(path: String, rows: Int, columns: Int, expectedBytes: Int, foundBytes: Int)
    /// There are no rows or no columns.
    case empty(path: String, rows: Int, columns: Int)
    /// An element is NaN or infinite, or a negative number where keys are expected.
    case unusableValue(path: String, row: Int, column: Int, expected: String, found: String)

    var description: String {
        switch self {
        case .system(let path, let operation, let code):
            "Cannot \(operation) \(path): \(String(cString: strerror(code)))."
        case .notARegularFile(let path):
            "\(path) is not a regular file; name a file of vectors."
        case .unknownFormat(let path, let expected):
            "The format of \(path) is not known; its name must end in \(expected)."
        case .malformedHeader(let path, let offset, let expected, let found):
            "The header of \(path) is malformed at byte \(offset): expected \(expected), found \(found)."
        case .wrongElement(let path, let expected, let found):
            "\(path) holds elements of type \(found), but \(expected) are needed here; convert it."
        case .fortranOrder(let path):
            "\(path) is stored column by column (fortran_order: True); save it with numpy.ascontiguousarray."
        case .wrongSize(let path, let rows, let columns, let expectedBytes, let foundBytes):
            "\(path) should have \(expectedBytes == .max ? "too many" : String(expectedBytes)) bytes for "
                + "\(rows) × \(columns) values, but has \(foundBytes); write or copy it again."
        case .empty(let path, let rows, let columns):
            "\(path) has the shape \(rows) × \(columns); it needs at least one row and one column."
        case .unusableValue(let path, let row, let column, let expected, let found):
            "\(path) has \(found) in row \(row), column \(column), where \(expected) is needed."
        }
    }
}
