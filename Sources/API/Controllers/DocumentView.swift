import Assist
import CRM
import Store
import VectorStore

/// A document as the contract's `Document`.
struct DocumentView: JSONWritable {
    let document: StoredDocument

    init(_ document: StoredDocument) {
        self.document = document
    }

    static func path(_ id: String) -> String { "/api/v1/documents/\(id)" }

    static func mediaType(_ document: StoredDocument) -> String {
        switch document.format {
        case "pdf": "application/pdf"
        case "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        default: "text/csv"
        }
    }

    func write(to json: inout JSONWriter) {
        json.object { members in
            members.member("id", document.id)
            members.member("title", document.title)
            members.member("document_type", document.documentType)
            members.member("tags", document.tags)
            members.member("visibility", document.visibility)
            members.member("language", document.language)
            members.member("property_id", document.propertyID)
            members.member("client_id", document.clientID)
            members.member("transaction_id", document.transactionID)
            members.member("filename", document.filename)
            members.member("media_type", Self.mediaType(document))
            members.member("size_bytes", document.sizeBytes)
            members.member("sha256", document.sha256)
            members.member("status", document.status)
            members.member("error", document.failure)
            members.member("warnings", document.warnings)
            members.member("page_count", document.pageCount)
            members.member("row_count", document.rowCount)
            members.member("char_count", document.characterCount)
            members.member("chunk_count", document.passageCount)
            members.member("index_version", document.status == .ready ? document.generation : nil)
            members.member("embedding_model", document.embeddingModel)
            members.member("job_id", document.jobID)
            members.member("download_url", Self.path(document.id) + "/download")
            members.member("uploaded_by", document.uploadedBy)
            members.member("created_at", Timestamp(milliseconds: document.createdAtMilliseconds))
            members.member("updated_at", Timestamp(milliseconds: document.updatedAtMilliseconds))
            members.member("processed_at", document.processedAtMilliseconds.map { Timestamp(milliseconds: $0) })
            members.member("version", document.version)
        }
    }
}

extension DocumentFailure: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.object { members in
            members.member("code", code)
            members.member("detail", detail)
            members.member("retryable", retryable)
        }
    }
}

/// A passage as the contract's `Chunk`.
struct ChunkView: JSONWritable {
    let record: Record

    init(_ record: Record) {
        self.record = record
    }

    func write(to json: inout JSONWriter) {
        json.object { members in
            members.member("id", record.key)
            members.member("document_id", record.documentID)
            members.member("position", record.position)
            members.member("text", record.text ?? "")
            let place = PassagePlace(metadata: record.metadata)
            members.member("location", place)
            members.member("token_count", place?.tokenCount)
        }
    }
}

/// The contract's `SourceLocation`.
extension PassagePlace: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.object { members in
            members.member("page", page)
            members.member("section", section.map { String($0.unicodeScalars.prefix(255)) })
            members.member("row_start", rowStart)
            members.member("row_end", rowEnd)
            members.member("char_start", characterStart)
            members.member("char_end", characterEnd)
        }
    }
}
