import Embedding
import Ingest
import Store
import VectorStore

// How errors of the modules below are answered. Errors that only jobs meet never get here.

extension IngestError: ProblemConvertible {
    public var problem: Problem {
        switch self {
        case .emptyFile: Problem(.emptyFile, detail: description)
        case .fileTooLarge: Problem(.payloadTooLarge, detail: description)
        case .unsupportedMediaType: Problem(.unsupportedMediaType, detail: description)
        case .extensionMismatch: Problem(.extensionMismatch, detail: description)
        case .unreadable: Problem(.dependencyUnavailable, detail: "The file could not be stored.", retryAfterSeconds: 5)
        case .encrypted, .malformedFile, .emptyText, .tooManyPages, .tooManyRows, .tooManyColumns, .tooMuchText,
            .archiveBomb, .timeout, .outOfMemory, .workerCrashed, .cancelled:
            Problem(.validationFailed, detail: description)
        }
    }
}

extension VectorStoreError: ProblemConvertible {
    public var problem: Problem {
        switch self {
        case .unknownDocument, .unknownCollection, .unknownDatabase: .notFound
        case .file: Problem(.dependencyUnavailable, retryAfterSeconds: 5)
        case .modelMismatch, .dimensionMismatch, .badVector, .badMetadata, .duplicateKey, .nameTaken, .damagedRow:
            Problem(.internalError)
        }
    }
}

extension JobQueueError: ProblemConvertible {
    public var problem: Problem {
        switch self {
        case .unknownJob: .notFound
        case .queueFull: Problem(.queueFull, detail: description, retryAfterSeconds: 30)
        case .payloadTooLarge: Problem(.payloadTooLarge, detail: description)
        case .refused: Problem(.alreadyFinished, detail: description)
        }
    }
}

extension EmbeddingError: ProblemConvertible {
    public var problem: Problem { Problem(.aiUnavailable, retryAfterSeconds: 30) }
}
