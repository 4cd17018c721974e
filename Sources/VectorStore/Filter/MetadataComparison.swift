/// How two values with an order lie to each other.
enum ValueOrder {
    case before, same, after

    init<Value: Comparable>(_ left: Value, _ right: Value) {
        self = left < right ? .before : left == right ? .same : .after
    }

    var reversed: ValueOrder {
        switch self {
        case .before: .after
        case .same: .same
        case .after: .before
        }
    }
}

extension MetadataValue {
    /// Equality of filters: by bytes for strings, by value for numbers; never for lists.
    func isEqual(to other: MetadataValue) -> Bool {
        switch (self, other) {
        case (.string(let left), .string(let right)): left.utf8.elementsEqual(right.utf8)
        case (.bool(let left), .bool(let right)): left == right
        default: numericOrder(to: other) == .same
        }
    }

    /// Order of filters: of numbers, and of strings that are dates. Nil for anything else.
    func order(to other: MetadataValue) -> ValueOrder? {
        if case (.string(let left), .string(let right)) = (self, other) {
            guard let left = ISODate.microseconds(left), let right = ISODate.microseconds(right) else { return nil }
            return ValueOrder(left, right)
        }
        return numericOrder(to: other)
    }

    private func numericOrder(to other: MetadataValue) -> ValueOrder? {
        switch (self, other) {
        case (.integer(let left), .integer(let right)): ValueOrder(left, right)
        case (.real(let left), .real(let right)): left.isNaN || right.isNaN ? nil : ValueOrder(left, right)
        case (.integer(let left), .real(let right)): Self.order(left, right)
        case (.real(let left), .integer(let right)): Self.order(right, left)?.reversed
        default: nil
        }
    }

    /// An integer and a real by their mathematical values. No integer is rounded: the real is cut into whole and rest.
    private static func order(_ integer: Int64, _ real: Double) -> ValueOrder? {
        if real.isNaN { return nil }
        let whole = real.rounded(.down)
        guard whole >= -0x1p63 else { return .after }
        guard whole < 0x1p63 else { return .before }
        if integer != Int64(whole) { return ValueOrder(integer, Int64(whole)) }
        return real > whole ? .before : .same
    }
}
