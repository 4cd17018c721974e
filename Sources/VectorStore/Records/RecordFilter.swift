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

    public var isEverything: Bool { keys == nil && asksNoContents }

    /// Whether it has no condition but one on keys.
    var asksNoContents: Bool { metadata == nil && documents == nil && text == nil }

    /// All conditions but the one on keys.
    func matches(_ record: Record) -> Bool {
        matches(RecordContents(documentID: record.documentID, metadata: record.metadata, text: record.text))
    }

    func matches(_ contents: RecordContents) -> Bool {
        if let documents, !(contents.documentID.map(documents.contains) ?? false) { return false }
        return (metadata?.matches(contents.metadata) ?? true) && (text?.matches(contents.text) ?? true)
    }
}
