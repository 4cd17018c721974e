/// A tokenized text.
public struct Encoding: Sendable, Equatable {
    /// Token ids, special tokens included.
    public internal(set) var ids: [Int32] = []
    /// For each id the half-open range of Unicode scalars of the ORIGINAL text it stands for; `0..<0` for the
    /// special tokens that were added around the text.
    public internal(set) var offsets: [Range<Int>] = []

    /// 1 for every token: nothing is padded.
    public var attentionMask: [Int32] { [Int32](repeating: 1, count: ids.count) }
}
