/// Where a document stands on its way to being evidence.
public enum DocumentStatus: String, Sendable, Hashable, Codable, CaseIterable {
    case queued, extracting, chunking, embedding, ready
    case needsOCR = "needs_ocr"
    case failed

    /// No work is under way or due.
    public var isSettled: Bool { self == .ready || self == .needsOCR || self == .failed }
}

/// Who may read a document.
public enum DocumentVisibility: String, Sendable, Hashable, Codable, CaseIterable {
    /// The uploader, managers and admins.
    case `private`
    /// All staff.
    case brokerage
    /// All staff and the linked client.
    case clientShared = "client_shared"
}

/// Why a document could not become evidence.
public struct DocumentFailure: Sendable, Hashable, Codable {
    /// Stable machine code, such as `malformed_file`.
    public let code: String
    /// One sentence for people.
    public let detail: String
    public let retryable: Bool

    public init(code: String, detail: String, retryable: Bool) {
        self.code = code
        self.detail = detail
        self.retryable = retryable
    }
}

/// A document's row: what is known about an uploaded file.
public struct StoredDocument: Sendable, Hashable, Identifiable {
    /// UUID, version 7.
    public let id: String
    public var title: String
    /// Name as uploaded, without path or control characters. Never used as a path.
    public let filename: String
    /// `pdf`, `docx` or `csv`, by content.
    public let format: String
    public let sizeBytes: Int
    /// Lower-case hex.
    public let sha256: String
    public var documentType: String?
    public var tags: [String]
    public var visibility: DocumentVisibility
    public var language: String?
    public var propertyID: String?
    public var clientID: String?
    public var transactionID: String?
    public let uploadedBy: String
    public var status: DocumentStatus
    public var failure: DocumentFailure?
    /// Names of the contract, such as `pages_without_text`.
    public var warnings: [String]
    public var pageCount: Int?
    public var rowCount: Int?
    /// Length of the extracted text in Unicode scalars.
    public var characterCount: Int?
    public var passageCount: Int?
    /// Generation of the collection that holds its passages.
    public var generation: Int?
    /// Fingerprint of the model that embedded it.
    public var embeddingModel: String?
    /// Version of the splitting that cut it.
    public var splitter: String?
    public var jobID: String?
    public let createdAtMilliseconds: Int64
    public var updatedAtMilliseconds: Int64
    public var processedAtMilliseconds: Int64?
    /// Counts effective changes by people, from 1.
    public var version: Int

    public init(
        id: String, title: String, filename: String, format: String, sizeBytes: Int, sha256: String,
        documentType: String?, tags: [String], visibility: DocumentVisibility, language: String?,
        propertyID: String?, clientID: String?, transactionID: String?, uploadedBy: String, jobID: String?,
        createdAtMilliseconds: Int64
    ) {
        self.id = id
        self.title = title
        self.filename = filename
        self.format = format
        self.sizeBytes = sizeBytes
        self.sha256 = sha256
        self.documentType = documentType
        self.tags = tags
        self.visibility = visibility
        self.language = language
        self.propertyID = propertyID
        self.clientID = clientID
        self.transactionID = transactionID
        self.uploadedBy = uploadedBy
        self.jobID = jobID
        self.createdAtMilliseconds = createdAtMilliseconds
        status = .queued
        warnings = []
        updatedAtMilliseconds = createdAtMilliseconds
        version = 1
    }
}
