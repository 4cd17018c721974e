/// What filters ask of a collection's records, by the slot that a record's vector has in the index.
struct FilterIndex: Sendable {
    private var fields = FieldIndex()
    /// The document that a record was cut from, as a field of its own.
    private var documents = FieldIndex()

    private static let document = ""

    mutating func set(slot: UInt32, _ contents: RecordContents) {
        fields.set(slot: slot, metadata: contents.metadata)
        documents.set(slot: slot, metadata: contents.documentID.map { [Self.document: .string($0)] } ?? [:])
    }

    mutating func remove(slot: UInt32) {
        fields.remove(slot: slot)
        documents.remove(slot: slot)
    }

    /// To be called after a load of many records.
    mutating func settle() {
        fields.settle()
        documents.settle()
    }

    /// The slots whose records meet the filter's conditions on metadata and documents; nil where it has none. Conditions on
    /// keys and texts are left to the rows.
    func slots(matching filter: RecordFilter) -> SlotSet? {
        var found = filter.metadata.map { fields.slots(matching: $0) }
        if let wanted = filter.documents {
            let theirs = documents.slots(matching: .field(Self.document, .in(wanted.map { .string($0) })))
            if found == nil { found = theirs } else { found?.formIntersection(theirs) }
        }
        return found
    }

    var memoryFootprint: Int { fields.memoryFootprint + documents.memoryFootprint }
}

/// What of a record filters look at.
struct RecordContents: Sendable {
    let documentID: String?
    let metadata: [String: MetadataValue]
}
