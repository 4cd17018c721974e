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

    func formUnionOfPresent(into set: inout SlotSet) { present.formUnion(into: &set) }

    func formUnion(equalTo operands: [MetadataValue], into set: inout SlotSet) {
        var keys: [OrderedKey] = []
        for operand in operands {
            switch operand {
            case .string(let text): ElementBytes.with(text, texts.posting)?.formUnion(into: &set)
            case .bool(true): trues.formUnion(into: &set)
            case .bool(false): falses.formUnion(into: &set)
            case .integer, .real: if let key = OrderedKey(number: operand) { keys.append(key) }
            case .list: break
            }
        }
        if !keys.isEmpty { numbers.formUnion(equalTo: keys, into: &set) }
    }

    func formUnion(containing operand: MetadataValue, into set: inout SlotSet) {
        if case let posting?? = ElementBytes.with(operand, lists.posting) { posting.formUnion(into: &set) }
    }

    enum Comparison {
        case greater, greaterOrEqual, less, lessOrEqual
    }

    func formUnion(_ comparison: Comparison, _ operand: MetadataValue, into set: inout SlotSet) {
        let column: OrderedColumn
        let key: OrderedKey
        if case .string(let text) = operand {
            guard let instant = ISODate.microseconds(text) else { return }
            column = dates
            key = OrderedKey(microseconds: instant)
        } else {
            guard let number = OrderedKey(number: operand) else { return }
            column = numbers
            key = number
        }
        switch comparison {
        case .greater: column.formUnion(in: key.next..<OrderedKey.end, into: &set)
        case .greaterOrEqual: column.formUnion(in: key..<OrderedKey.end, into: &set)
        case .less: column.formUnion(in: OrderedKey.first..<key, into: &set)
        case .lessOrEqual: column.formUnion(in: OrderedKey.first..<key.next, into: &set)
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
