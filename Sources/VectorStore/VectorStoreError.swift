/// What the caller of a collection can get wrong, or find changed underneath.
public enum VectorStoreError: Error, Equatable, CustomStringConvertible {
    /// The collection's vectors were made by another model than the one in use.
    case modelMismatch(collection: String, expected: String, found: String)
    /// A vector of the wrong length.
    case dimensionMismatch(collection: String, expected: Int, found: Int)
    /// A vector that the metric cannot take, such as one that is not finite.
    case badVector(collection: String, detail: String)
    /// A value that metadata cannot hold: a list of lists, or of values of several kinds, or a number that is not finite.
    case badMetadata(collection: String, key: String, field: String)
    /// One call names a record twice.
    case duplicateKey(collection: String, key: String)
    case unknownDocument(id: String)
    case unknownCollection(name: String)
    case unknownDatabase(tenant: String, name: String)
    /// A tenant, database or collection of this name is there.
    case nameTaken(name: String)
    /// A stored value that does not decode.
    case damagedRow(table: String, id: String, detail: String)
    /// A file of the data folder could not be read or written.
    case file(path: String, operation: String, reason: String)

    public var description: String {
        switch self {
        case .modelMismatch(let collection, let expected, let found):
            """
            The collection "\(collection)" was embedded by the model \(expected), but \(found) is loaded. \
            Point PROPERTYPRO_MODEL at the old model's folder, or use a fresh data folder and ingest the documents again.
            """
        case .dimensionMismatch(let collection, let expected, let found):
            "The collection \"\(collection)\" holds vectors of \(expected) numbers, got \(found)."
        case .badVector(let collection, let detail):
            "The collection \"\(collection)\" refused a vector: \(detail)."
        case .badMetadata(let collection, let key, let field):
            """
            The collection "\(collection)" refused the field "\(field)" of record \(key): metadata are texts, finite \
            numbers, booleans, and lists of values of one of these kinds.
            """
        case .duplicateKey(let collection, let key):
            "The record \(key) is named twice in one call for the collection \"\(collection)\"."
        case .unknownDocument(let id):
            "There is no document \(id)."
        case .unknownCollection(let name):
            "There is no collection \"\(name)\"."
        case .unknownDatabase(let tenant, let name):
            "The tenant \"\(tenant)\" has no database \"\(name)\"."
        case .nameTaken(let name):
            "The name \"\(name)\" is taken."
        case .damagedRow(let table, let id, let detail):
            "Row \(id) of table \(table) is damaged: \(detail). Restore the data folder from a backup."
        case .file(let path, let operation, let reason):
            "Could not \(operation) \(path): \(reason)."
        }
    }
}
