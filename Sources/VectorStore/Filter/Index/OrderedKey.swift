/// A number or an instant as one that is compared fast: no two different values have equal keys.
struct OrderedKey: Sendable, Hashable, Comparable {
    /// Of a number the largest double that is not above it, its bits put in order; of an instant the microseconds.
    let high: Int64
    /// What an integer beyond 2⁵³ has above that double.
    let low: UInt16

    /// Nil for what has no order.
    init?(number value: MetadataValue) {
        switch value {
        case .integer(let integer): self.init(integer)
        case .real(let real):
            if real.isNaN { return nil }
            self.init(high: Self.ordered(real), low: 0)
        case .string, .bool, .list: return nil
        }
    }

    /// Not above any key of a value.
    static let first = OrderedKey(high: .min, low: 0)
    /// Above the key of every value.
    static let end = OrderedKey(high: .max, low: .max)

    /// Above this key and not above any other that is.
    var next: OrderedKey { OrderedKey(high: high, low: low + 1) }

    private init(high: Int64, low: UInt16) {
        self.high = high
        self.low = low
    }

    private init(_ integer: Int64) {
        var double = Double(integer)
        if double >= 0x1p63 || Int64(double) > integer { double = double.nextDown }
        high = Self.ordered(double)
        // Doubles lie 1024 apart at most below 2⁶³.
        low = UInt16(integer - Int64(double))
    }

    init(microseconds: Int64) {
        high = microseconds
        low = 0
    }

    private static func ordered(_ double: Double) -> Int64 {
        // Minus zero becomes zero; negative numbers have their magnitude the wrong way round.
        let bits = Int64(bitPattern: (double + 0).bitPattern)
        return bits >= 0 ? bits : bits ^ Int64.max
    }

    @inline(__always)
    static func < (left: OrderedKey, right: OrderedKey) -> Bool {
        left.high != right.high ? left.high < right.high : left.low < right.low
    }
}
