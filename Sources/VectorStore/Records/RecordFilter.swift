import Store

/// Which records of a collection are meant: those that meet every condition that is given.
public struct RecordFilter: Sendable {
    public var keys: [String]?
    public var metadata: Filter?
    public var text: DocumentFilter?
    /// Cut from one of these documents.
    public var documents: Set<String>?

    public init(
        keys: [String]? = nil, metadata: Filter? = nil, text: DocumentFilter? = nil, documents: Set<String>? = nil
    ) {
        self.keys = keys
        self.metadata = metadata
        self.text = text
        self.documents = documents
    }

    public var isEverything: Bool { keys == nil && text == nil && asksNoFields }

    /// Whether it has neither a condition on metadata nor one on documents.
    var asksNoFields: Bool { metadata == nil && documents == nil }

    /// All conditions but the one on keys.
    func matches(_ record: Record) -> Bool {
        matches(RecordContents(documentID: record.documentID, metadata: record.metadata))
            && (text?.matches(record.text) ?? true)
    }

    /// The conditions on metadata and documents.
    func matches(_ contents: RecordContents) -> Bool {
        if let documents, !(contents.documentID.map(documents.contains) ?? false) { return false }
        return metadata?.matches(contents.metadata) ?? true
    }
}
