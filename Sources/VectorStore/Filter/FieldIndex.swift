/// Indexes over the metadata of a collection, one for every field that a record has, so that a ``Filter`` is answered
/// without looking at records. The answer is exactly what ``Filter/matches(_:)`` says of each record.
///
/// Nothing is declared: the values of a field go to columns by their types. Strings, booleans and elements of lists have
/// for every distinct value the slots that have it, as an array or a bitmap; numbers and dates are kept in order.
///
/// Thread rule: a value. Any number of threads may search one that nobody changes; whoever shares it holds a lock that
/// keeps searches out during changes. Searches change nothing inside.
///
/// Cost: a condition takes a few steps for 64 slots; `and`, `or` and `not` one each. A change takes a few steps a field
/// of the record, and one a field of the collection where the slot was in use. Now and then a change merges those
/// before it into the sorted columns of one field, which takes time proportional to its values.
public struct FieldIndex: Sendable {
    /// The slots that have a record, also one without metadata.
    public private(set) var live = SlotSet(capacity: 0)
    private var numbers: [String: Int] = [:]
    private var names: [String] = []
    private var fields: [FieldColumns] = []

    public init() {}

    /// One more than the largest slot there was; the capacity of all answers.
    public var slotCount: Int { live.capacity }

    // MARK: Changing

    /// Puts a record into the slot, in the place of the one that is there. Memory grows with the largest slot.
    public mutating func set(slot: UInt32, metadata: [String: MetadataValue]) {
        if Int(slot) >= live.capacity {
            live.resize(to: Int(slot) + 1)
        } else if live.contains(slot) {
            removeValues(slot)
        }
        live.insert(slot)
        for (name, value) in metadata { fields[number(ofField: name)].insert(slot, value) }
    }

    /// Takes the record out of the slot, if there is one.
    public mutating func remove(slot: UInt32) {
        guard live.contains(slot) else { return }
        removeValues(slot)
        live.remove(slot)
    }

    private mutating func removeValues(_ slot: UInt32) {
        for number in fields.indices.reversed() {
            fields[number].remove(slot)
            if fields[number].isEmpty { removeField(number) }
        }
    }

    private mutating func number(ofField name: String) -> Int {
        if let number = numbers[name] { return number }
        let number = fields.count
        numbers[name] = number
        names.append(name)
        fields.append(FieldColumns())
        return number
    }

    /// The last field takes its number.
    private mutating func removeField(_ number: Int) {
        numbers[names[number]] = nil
        let last = fields.count - 1
        if number < last {
            names[number] = names[last]
            fields[number] = fields[last]
            numbers[names[number]] = number
        }
        names.removeLast()
        fields.removeLast()
    }

    /// Merges what changed into the sorted columns and gives back memory that was kept for growth: for after a load of
    /// many records. Searches need it not, but are a little faster. Time: proportional to all values.
    public mutating func settle() {
        for number in fields.indices { fields[number].settle() }
    }

    /// Bytes of memory, about.
    public var memoryFootprint: Int {
        let words = live.words.footprint
        return words + names.footprint + numbers.capacity * 25 + fields.reduce(0) { $0 + $1.footprint }
    }

    // MARK: Searching

    /// The slots of the records that match.
    public func slots(matching filter: Filter) -> SlotSet {
        var found = SlotSet(capacity: live.capacity)
        formUnion(filter, into: &found)
        return found
    }

    public func count(matching filter: Filter) -> Int { slots(matching: filter).count }

    private func formUnion(_ filter: Filter, into set: inout SlotSet) {
        switch filter {
        case .field(let name, let condition):
            if let positive = condition.positive {
                set.formUnion(complement(of: .field(name, positive)))
            } else if let number = numbers[name] {
                fields[number].formUnion(condition, into: &set)
            }
        case .not(let part): set.formUnion(complement(of: part))
        case .or(let parts):
            for part in parts { formUnion(part, into: &set) }
        case .and(let parts):
            guard let first = parts.first else { return set.formUnion(live) }
            var found = slots(matching: first)
            for part in parts.dropFirst() {
                if found.isEmpty { return }
                found.formIntersection(slots(matching: part))
            }
            set.formUnion(found)
        }
    }

    private func complement(of filter: Filter) -> SlotSet {
        var found = slots(matching: filter)
        found.formComplement(within: live)
        return found
    }
}

extension Filter.Condition {
    /// The positive condition of which this one is the complement; nil for positive ones.
    fileprivate var positive: Filter.Condition? {
        switch self {
        case .notEqual(let operand): .equal(operand)
        case .notIn(let operands): .in(operands)
        case .notContains(let operand): .contains(operand)
        case .exists(false): .exists(true)
        case .equal, .greater, .greaterOrEqual, .less, .lessOrEqual, .in, .contains, .exists: nil
        }
    }
}
