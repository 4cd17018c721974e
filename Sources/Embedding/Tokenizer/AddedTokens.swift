/// Tokens that are found in the text as they stand, before normalization, by their spelling.
struct AddedTokens: Sendable {
    struct Token: Sendable {
        var id: Int32
        var utf8: [UInt8]
    }

    let tokens: [Token]
    /// Whether a token starts with this byte.
    private let isFirst: [Bool]
    /// The one ASCII byte that all tokens start with; nil when there are more.
    private let onlyFirst: UInt8?

    init(_ tokens: [Token]) {
        self.tokens = tokens.filter { !$0.utf8.isEmpty }
        var isFirst = [Bool](repeating: false, count: 256)
        for token in self.tokens { isFirst[Int(token.utf8[0])] = true }
        self.isFirst = isFirst
        let firsts = isFirst.indices.filter { isFirst[$0] }
        onlyFirst = firsts.count == 1 && firsts[0] < 0x80 ? UInt8(firsts[0]) : nil
    }

    /// The first token that starts in `range` of the text, and where; it may reach beyond the range.
    func first(in utf8: Span<UInt8>, _ range: Range<Int>) -> (start: Int, token: Token)? {
        if tokens.isEmpty { return nil }
        var i = range.lowerBound
        while i < range.upperBound {
            if let onlyFirst, i &+ 8 <= range.upperBound {
                let length = EightBytes.count(before: EightBytes.equal(EightBytes.load(utf8, i), to: onlyFirst))
                i &+= length
                if length == 8 { continue }
            }
            if isFirst[Int(utf8[i])], let token = longest(utf8, at: i) { return (i, token) }
            i &+= 1
        }
        return nil
    }

    /// The longest token that starts here.
    private func longest(_ utf8: Span<UInt8>, at start: Int) -> Token? {
        var found: Token?
        for token in tokens where token.utf8.count > found?.utf8.count ?? 0 {
            guard token.utf8.count <= utf8.count - start else { continue }
            var isEqual = true
            for i in token.utf8.indices where token.utf8[i] != utf8[start + i] {
                isEqual = false
                break
            }
            if isEqual { found = token }
        }
        return found
    }
}
