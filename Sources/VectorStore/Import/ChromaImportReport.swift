/// What became of a Chroma folder.
public struct ChromaImportReport: Sendable, Encodable {
    public internal(set) var collections: [Part] = []

    /// Whether every record is in the store now.
    public var isComplete: Bool { collections.allSatisfy { $0.failure == nil && $0.skippedCount == 0 } }

    /// What became of one collection.
    public struct Part: Sendable, Encodable {
        public let tenant: String
        public let database: String
        /// In the store.
        public let name: String
        public internal(set) var stored = 0
        /// Records that were there already.
        public internal(set) var present = 0
        /// Of those stored, the ones whose vectors were made anew from their texts.
        public internal(set) var embedded = 0
        public internal(set) var skippedCount = 0
        /// The first of those that were skipped, with the reason.
        public private(set) var skipped: [Note] = []
        /// The first of the fields that were left out because metadata cannot hold them.
        public private(set) var dropped: [Note] = []
        /// What is wrong with the collection's files; its records are stored as far as the queue and the texts allow.
        public internal(set) var complaint: String?
        /// Why the collection was left.
        public internal(set) var failure: String?
        /// The share of true nearest neighbors that searches find, by some of its own vectors; nil without records.
        public internal(set) var recall: Double?

        public struct Note: Sendable, Encodable {
            public let id: String
            public let reason: String
        }

        private static let mostNotes = 100

        init(_ collection: ChromaCollection, name: String) {
            (tenant, database, self.name) = (collection.tenant, collection.database, name)
        }

        mutating func skip(_ id: String, _ reason: String) {
            skippedCount += 1
            if skipped.count < Self.mostNotes { skipped.append(Note(id: id, reason: reason)) }
        }

        mutating func drop(_ field: String, of id: String) {
            if dropped.count < Self.mostNotes {
                dropped.append(Note(id: id, reason: "the field \"\(field)\" has a value that metadata cannot hold"))
            }
        }
    }
}
