/// What filters ask of a collection's records, by the slot that a record's vector has in the index.
struct FilterIndex: Sendable {
    private var fields = FieldIndex()
    /// The document that a record was cut from, as a field of its own.
    private var documents = FieldIndex()
    private var texts = TextSignatures()

    private static let document = ""

    mutating func set(slot: UInt32, _ contents: RecordContents) {
        fields.set(slot: slot, metadata: contents.metadata)
        documents.set(slot: slot, metadata: contents.documentID.map { [Self.document: .string($0)] } ?? [:])
        texts.set(slot: slot, text: contents.text)
    }

    mutating func remove(slot: UInt32) {
        fields.remove(slot: slot)
        documents.remove(slot: slot)
        texts.remove(slot: slot)
    }

    /// To be called after a load of many records.
    mutating func settle() {
        fields.settle()
        documents.settle()
    }

    /// What the index says of a filter's conditions on metadata, documents and texts: the slots that meet them for certain,
    /// and those whose texts have to be read. nil where it has none of these; keys are left to the rows.
    func slots(matching filter: RecordFilter) -> (certain: SlotSet, unsure: SlotSet)? {
        let byFields = slots(byFieldsOf: filter)
        guard let text = filter.text else {
            return byFields.map { ($0, SlotSet(capacity: $0.capacity)) }
        }
        return texts.slots(matching: text, live: byFields ?? fields.live)
    }

    private func slots(byFieldsOf filter: RecordFilter) -> SlotSet? {
        var found = filter.metadata.map { fields.slots(matching: $0) }
        if let wanted = filter.documents {
            let theirs = documents.slots(matching: .field(Self.document, .in(wanted.map { .string($0) })))
            if found == nil { found = theirs } else { found?.formIntersection(theirs) }
        }
        return found
    }

    var memoryFootprint: Int { fields.memoryFootprint + documents.memoryFootprint + texts.memoryFootprint }
}

/// What of a record filters look at.
struct RecordContents: Sendable {
    let documentID: String?
    let metadata: [String: MetadataValue]
    let text: String?
}
