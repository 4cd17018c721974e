/// The tokens of a text, as they are found.
struct TokenList {
    var ids: [Int32] = []
    /// For each id its range; empty when ranges are not kept.
    var ranges: [Range<Int>] = []
    let keepsRanges: Bool

    init(keepsRanges: Bool) {
        self.keepsRanges = keepsRanges
    }

    @inline(__always)
    mutating func append(_ id: Int32, _ range: Range<Int>) {
        ids.append(id)
        if keepsRanges { ranges.append(range) }
    }

    mutating func removeLast(_ count: Int) {
        ids.removeLast(count)
        if keepsRanges { ranges.removeLast(count) }
    }
}
