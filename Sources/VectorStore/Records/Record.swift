/// A record to be stored: one vector with the text that it stands for.
public struct NewRecord: Sendable {
    /// The caller's id, unique within the collection.
    public var key: String
    /// What is searched by words and shown; for passages exactly the slice of the document's text. nil: there is none.
    public var text: String?
    /// What surrounds the text, such as title and headings: searched with less weight, never shown as the text.
    public var context: String
    public var metadata: [String: MetadataValue]
    /// Where the thing lies that the vector stands for, when it is not a text.
    public var uri: String?
    public var vector: [Float]

    public init(
        key: String, text: String?, context: String = "", metadata: [String: MetadataValue] = [:], uri: String? = nil,
        vector: [Float]
    ) {
        self.key = key
        self.text = text
        self.context = context
        self.metadata = metadata
        self.uri = uri
        self.vector = vector
    }
}

/// What shall become of the record with this key. What is nil stays as it is.
public struct RecordChange: Sendable {
    public var key: String
    public var text: String?
    /// Fields to set; a field whose value is nil is taken away. Fields that are not named stay.
    public var metadata: [String: MetadataValue?]
    public var uri: String?
    public var vector: [Float]?

    public init(
        key: String, text: String? = nil, metadata: [String: MetadataValue?] = [:], uri: String? = nil,
        vector: [Float]? = nil
    ) {
        self.key = key
        self.text = text
        self.metadata = metadata
        self.uri = uri
        self.vector = vector
    }
}

extension RecordChange {
    /// All that a record has, to be stored whether or not its key is there.
    public init(_ record: NewRecord) {
        self.init(
            key: record.key, text: record.text, metadata: record.metadata.mapValues { $0 }, uri: record.uri,
            vector: record.vector)
    }
}

/// A stored record without its vector.
public struct Record: Sendable, Hashable, Identifiable {
    /// The number of the insertion: unique for ever, larger is newer.
    public let id: Int64
    public let key: String
    public let documentID: String?
    /// Order within the document, from 0.
    public let position: Int
    public let text: String?
    public let context: String
    public let metadata: [String: MetadataValue]
    public let uri: String?
}

/// A search hit: which record, and how well it fits.
public struct ScoredRecord: Sendable, Hashable {
    public let id: Int64
    /// Cosine or inner product for vectors (larger is better), BM25 for words (larger is better, above 0).
    public let score: Double

    public init(id: Int64, score: Double) {
        self.id = id
        self.score = score
    }
}
