/// Sequences of token ids packed back to back, without padding.
struct TokenBatch {
    /// (T).
    private(set) var ids: [Int32] = []
    /// Where each sequence starts, and T at the end.
    private(set) var starts: [Int] = [0]

    var tokenCount: Int { ids.count }
    var sequenceCount: Int { starts.count - 1 }
    var longest: Int { (0..<sequenceCount).reduce(0) { max($0, range($1).count) } }

    init(_ sequences: [[Int32]]) {
        for sequence in sequences {
            ids += sequence
            starts.append(ids.count)
        }
    }

    func range(_ sequence: Int) -> Range<Int> {
        starts[sequence]..<starts[sequence + 1]
    }
}
