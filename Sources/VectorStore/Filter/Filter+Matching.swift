/// The meaning of filters, record by record: what ``FieldIndex`` is tested against.
extension Filter {
    public func matches(_ metadata: [String: MetadataValue]) -> Bool {
        switch self {
        case .field(let name, let condition): condition.matches(metadata[name])
        case .and(let parts): parts.allSatisfy { $0.matches(metadata) }
        case .or(let parts): parts.contains { $0.matches(metadata) }
        case .not(let part): !part.matches(metadata)
        }
    }
}

extension Filter.Condition {
    /// - Parameter value: of the field; nil if the record lacks it.
    public func matches(_ value: MetadataValue?) -> Bool {
        switch self {
        case .notEqual(let operand): !Self.equal(operand).matches(value)
        case .notIn(let operands): !Self.in(operands).matches(value)
        case .notContains(let operand): !Self.contains(operand).matches(value)
        case .exists(let wanted): (value != nil) == wanted
        case .equal(let operand): value?.isEqual(to: operand) ?? false
        case .in(let operands): operands.contains { value?.isEqual(to: $0) ?? false }
        case .greater(let operand): value?.order(to: operand) == .after
        case .less(let operand): value?.order(to: operand) == .before
        case .greaterOrEqual(let operand): [.after, .same].contains(value?.order(to: operand))
        case .lessOrEqual(let operand): [.before, .same].contains(value?.order(to: operand))
        case .contains(let operand): value?.listValue?.contains { $0.isEqual(to: operand) } ?? false
        }
    }
}
