/// What the outside world can get wrong with an index: its arguments and its files.
public enum VectorIndexError: Error, Equatable, CustomStringConvertible {
    /// A parameter lies outside its range; `allowed` names the range in words.
    case invalidParameter(name: String, value: Int, allowed: String)
    /// A vector has another dimension than the index.
    case dimensionMismatch(expected: Int, found: Int)
    /// A component is NaN or infinite.
    case notFinite(component: Int)
    /// The squared L2 norm is so large that distances could overflow float32.
    case magnitudeTooLarge(squaredNorm: Double, limit: Double)
    /// A component exceeds what the format of the rows can hold.
    case componentTooLarge(component: Int, limit: Float)
    /// The vector at this place of a bulk build, counted from 0, cannot be taken.
    indirect case badRow(Int, reason: VectorIndexError)
    /// The system has no memory for what was asked.
    case outOfMemory
    /// The caller's progress function asked to stop.
    case cancelled
    /// The keys of a bulk build are not as many as its vectors, or one of them occurs twice.
    case badKeys(expected: Int, found: Int, repeated: UInt64?)
    /// `append` was given a key that is there.
    case keyExists(UInt64)
    /// No slot is left.
    case indexFull(limit: Int)
    /// The bitmap was made before keys were added or removed, or by another index.
    case staleBitmap(expectedGeneration: UInt64, foundGeneration: UInt64)
    /// The fingerprint has another length than the file format's.
    case invalidFingerprint(expectedBytes: Int, foundBytes: Int)
    /// The file is of a format version that this program does not read.
    case unsupportedVersion(path: String, expected: UInt32, found: UInt32)
    /// A check of the file failed; `offset` is where, in bytes from its start.
    case damagedFile(path: String, offset: Int, check: String)
    /// The operating system refused; `code` is errno.
    case fileOperation(path: String, operation: String, code: Int32)

    public var description: String {
        switch self {
        case .invalidParameter(let name, let value, let allowed):
            "\(name) is \(value); choose \(allowed)."
        case .dimensionMismatch(let expected, let found):
            "The vector has \(found) dimensions but the index has \(expected); embed with the model of this index."
        case .notFinite(let component):
            "Component \(component) of the vector is NaN or infinite; pass finite numbers only."
        case .magnitudeTooLarge(let squaredNorm, let limit):
            "The squared norm \(squaredNorm) of the vector exceeds \(limit); scale all vectors of the index down."
        case .componentTooLarge(let component, let limit):
            "Component \(component) of the vector exceeds \(limit); scale the vectors down or keep rows as float32."
        case .badRow(let row, let reason):
            "At row \(row), counted from 0: \(reason)"
        case .outOfMemory:
            "The system has no memory left; close other programs or index fewer vectors."
        case .cancelled:
            "The index was not built because that was cancelled; nothing has changed."
        case .badKeys(_, _, let repeated?):
            "The key \(repeated) occurs twice; give each vector a key of its own."
        case .badKeys(let expected, let found, nil):
            "There are \(found) keys for \(expected) vectors; give each vector one key."
        case .keyExists(let key):
            "The key \(key) is there already; remove it first, or use add to replace its vector."
        case .indexFull(let limit):
            "The index holds its limit of \(limit) vectors; split the collection."
        case .staleBitmap(let expected, let found):
            "The bitmap is of generation \(found) but the index is at \(expected); make it again after every change."
        case .invalidFingerprint(let expected, let found):
            "The fingerprint has \(found) bytes; pass exactly \(expected)."
        case .unsupportedVersion(let path, let expected, let found):
            "The index file \(path) has format version \(found) but this program reads \(expected); rebuild the index."
        case .damagedFile(let path, let offset, let check):
            "The index file \(path) is damaged at byte \(offset) (\(check)); delete it and rebuild the index."
        case .fileOperation(let path, let operation, let code):
            "Cannot \(operation) \(path): error \(code) of the operating system; check the path, rights and free space."
        }
    }
}
