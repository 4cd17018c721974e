/// Why a file could not be read. Everything that could be survived is a `Warning` of the result instead.
public enum IngestError: Error, Equatable, Sendable {
    case emptyFile
    case fileTooLarge(sizeBytes: Int, limitBytes: Int)
    /// The content is none of PDF, DOCX, CSV; `found` names what it is.
    case unsupportedMediaType(found: String)
    /// The content is one of the three formats (or another one), the file's name says something else.
    case extensionMismatch(name: String, found: String)
    /// A PDF that opens only with a password.
    case encrypted
    case malformedFile(reason: String)
    /// Nothing to read: a document without text, or a CSV without a data row.
    case emptyText
    case tooManyPages(count: Int, limit: Int)
    case tooManyRows(limit: Int)
    case tooManyColumns(count: Int, limit: Int)
    case tooMuchText(limit: Int)
    case archiveBomb(reason: String)
    case timeout(seconds: Int)
    case outOfMemory(limitBytes: Int)
    /// The worker ended without an answer, for a reason that does not lie in the file as far as can be told.
    case workerCrashed(reason: String)
    case cancelled
    /// The operating system refused to open or read the file.
    case unreadable(reason: String)

    /// The stable name that the API's contract uses.
    public var code: String {
        switch self {
        case .emptyFile: "empty_file"
        case .fileTooLarge: "payload_too_large"
        case .unsupportedMediaType: "unsupported_media_type"
        case .extensionMismatch: "extension_mismatch"
        case .encrypted: "encrypted"
        case .malformedFile: "malformed_file"
        case .emptyText: "empty_text"
        case .tooManyPages: "too_many_pages"
        case .tooManyRows: "too_many_rows"
        case .tooManyColumns: "too_many_columns"
        case .tooMuchText: "too_much_text"
        case .archiveBomb: "archive_bomb"
        case .timeout: "timeout"
        case .outOfMemory: "out_of_memory"
        case .workerCrashed: "worker_crashed"
        case .cancelled: "cancelled"
        case .unreadable: "unreadable_file"
        }
    }

    /// Whether the same file may succeed at another time. What the file itself causes stays as it is.
    public var isRetryable: Bool {
        switch self {
        case .workerCrashed, .unreadable: true
        case .emptyFile, .fileTooLarge, .unsupportedMediaType, .extensionMismatch, .encrypted, .malformedFile,
            .emptyText, .tooManyPages, .tooManyRows, .tooManyColumns, .tooMuchText, .archiveBomb, .timeout,
            .outOfMemory,
            .cancelled:
            false
        }
    }
}

extension IngestError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .emptyFile:
            "The file is empty (0 bytes): upload it again."
        case .fileTooLarge(let size, let limit):
            "The file has \(size) bytes, the limit is \(limit): split it into smaller files."
        case .unsupportedMediaType(let found):
            "The content is \(found); only PDF, DOCX and CSV are read: convert the file to one of them."
        case .extensionMismatch(let name, let found):
            "The file is named .\(name) but its content is \(found): rename it to what it is."
        case .encrypted:
            "The PDF opens only with a password: save a copy without one and upload that."
        case .malformedFile(let reason):
            "The file is damaged (\(reason)): open it in its program, save it anew and upload the new file."
        case .emptyText:
            "The file holds no text or no data row: check that it is the right file."
        case .tooManyPages(let count, let limit):
            "The PDF has \(count) pages, the limit is \(limit): split it."
        case .tooManyRows(let limit):
            "The CSV has more than \(limit) data rows: split it, or import it as records."
        case .tooManyColumns(let count, let limit):
            "A row has \(count) or more columns, the limit is \(limit): remove columns or check the delimiter."
        case .tooMuchText(let limit):
            "The file holds more than \(limit) characters of text: split it."
        case .archiveBomb(let reason):
            "The DOCX expands beyond what a document needs (\(reason)): save it anew in a word processor."
        case .timeout(let seconds):
            "Reading the file took longer than \(seconds) s: split it or save it anew, then try again."
        case .outOfMemory(let limit):
            "Reading the file needs more than \(limit >> 20) MiB of memory: split it or reduce its images."
        case .workerCrashed(let reason):
            "The reader stopped without an answer (\(reason)): try again; if it repeats, report the file."
        case .cancelled:
            "Reading the file was cancelled."
        case .unreadable(let reason):
            "The file could not be opened or read (\(reason)): check that it exists and is readable."
        }
    }
}
