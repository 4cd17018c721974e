/// What can go wrong between us and the database.
public enum StoreError: Error, Equatable, CustomStringConvertible {
    /// Another process owns the data folder.
    case locked(folder: String, owner: String)
    /// The file was written by a newer program.
    case newerSchema(path: String, found: Int, known: Int)
    /// The file's content contradicts itself.
    case damaged(path: String, detail: String)
    /// A uniqueness, foreign key or check rule refused the change.
    case constraint(detail: String)
    /// The disk is full or the file cannot grow.
    case full(path: String)
    /// A column holds another type than the statement promises.
    case unexpectedColumn(index: Int, expected: String, found: String)
    /// A folder or file could not be made, opened or synced.
    case file(path: String, operation: String, reason: String)
    /// Anything else the engine reports.
    case engine(detail: String)

    public var description: String {
        switch self {
        case .locked(let folder, let owner):
            "The data folder \(folder) is in use by \(owner). Stop that process first, or choose another folder with --data."
        case .newerSchema(let path, let found, let known):
            "The database \(path) has schema \(found), this program knows up to \(known). Update the program."
        case .damaged(let path, let detail):
            "The database \(path) is damaged: \(detail). Restore it from a backup."
        case .constraint(let detail):
            "The database refused the change: \(detail)."
        case .full(let path):
            "No space left for \(path). Free disk space and try again; nothing was lost."
        case .unexpectedColumn(let index, let expected, let found):
            "Column \(index) of a result holds \(found) where \(expected) was expected."
        case .file(let path, let operation, let reason):
            "Could not \(operation) \(path): \(reason)."
        case .engine(let detail):
            "The database reported an error: \(detail)."
        }
    }
}
