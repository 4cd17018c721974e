/// All values of one field, spread over columns by their types. A slot has a value in one of them, dates in two.
struct FieldColumns: Sendable {
    private var present = SlotPosting()
    private var texts = TextColumn()
    /// Those of the texts that are dates, as instants.
    private var dates = OrderedColumn()
    private var numbers = OrderedColumn()
    private var trues = SlotPosting()
    private var falses = SlotPosting()
    private var lists = ListColumn()

    var isEmpty: Bool { present.isEmpty }

    /// The slot must have no value.
    mutating func insert(_ slot: UInt32, _ value: MetadataValue) {
        present.insert(slot)
        switch value {
        case .string(let text):
            ElementBytes.with(text) { texts.insert(slot, $0) }
            if let instant = ISODate.microseconds(text) { dates.insert(slot, OrderedKey(microseconds: instant)) }
        case .integer, .real:
            // NaN is present and nothing more.
            if let key = OrderedKey(number: value) { numbers.insert(slot, key) }
        case .bool(true): trues.insert(slot)
        case .bool(false): falses.insert(slot)
        case .list(let elements):
            lists.insert(slot) { insert in
                for element in elements { ElementBytes.with(element, insert) }
            }
        }
    }

    mutating func remove(_ slot: UInt32) {
        guard present.remove(slot) else { return }
        if texts.remove(slot) {
            dates.remove(slot)
        } else if !numbers.remove(slot), !lists.remove(slot), !trues.remove(slot) {
            falses.remove(slot)
        }
    }

    // MARK: Searching

    /// Adds the slots whose value meets a positive condition; the negative ones are complements within the collection.
    func formUnion(_ condition: Filter.Condition, into set: inout SlotSet) {
        switch condition {
        case .equal(let operand): formUnion(equalTo: CollectionOfOne(operand), into: &set)
        case .in(let operands): formUnion(equalTo: operands, into: &set)
        case .contains(let operand):
            if case let posting?? = ElementBytes.with(operand, { lists.posting(of: $0) }) {
                posting.formUnion(into: &set)
            }
        case .exists(true): present.formUnion(into: &set)
        case .greater(let operand): formUnion(comparedTo: operand, { $0.next..<OrderedKey.end }, into: &set)
        case .greaterOrEqual(let operand): formUnion(comparedTo: operand, { $0..<OrderedKey.end }, into: &set)
        case .less(let operand): formUnion(comparedTo: operand, { OrderedKey.first..<$0 }, into: &set)
        case .lessOrEqual(let operand): formUnion(comparedTo: operand, { OrderedKey.first..<$0.next }, into: &set)
        case .notEqual, .notIn, .notContains, .exists(false): preconditionFailure("a negative condition: \(condition)")
        }
    }

    private func formUnion(equalTo operands: some Sequence<MetadataValue>, into set: inout SlotSet) {
        var keys: [OrderedKey] = []
        for operand in operands {
            switch operand {
            case .string(let text): ElementBytes.with(text) { texts.posting(of: $0) }?.formUnion(into: &set)
            case .bool(true): trues.formUnion(into: &set)
            case .bool(false): falses.formUnion(into: &set)
            case .integer, .real: if let key = OrderedKey(number: operand) { keys.append(key) }
            case .list: break
            }
        }
        if !keys.isEmpty { numbers.formUnion(equalTo: keys, into: &set) }
    }

    private func formUnion(
        comparedTo operand: MetadataValue, _ range: (OrderedKey) -> Range<OrderedKey>, into set: inout SlotSet
    ) {
        if case .string(let text) = operand {
            guard let instant = ISODate.microseconds(text) else { return }
            dates.formUnion(in: range(OrderedKey(microseconds: instant)), into: &set)
        } else if let key = OrderedKey(number: operand) {
            numbers.formUnion(in: range(key), into: &set)
        }
    }

    // MARK: Memory

    mutating func settle() {
        numbers.settle()
        dates.settle()
        texts.trim()
        lists.trim()
        present.trim()
        trues.trim()
        falses.trim()
    }

    /// Bytes.
    var footprint: Int {
        MemoryLayout<Self>.stride + present.footprint + texts.footprint + dates.footprint + numbers.footprint
            + trues.footprint + falses.footprint + lists.footprint
    }
}
