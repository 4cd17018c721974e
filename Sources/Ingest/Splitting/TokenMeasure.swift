/// Measures texts in tokens by a closure, since tokens are the encoder's business.
struct TokenMeasure {
    /// Offsets of each token in scalars of the given text, in order; without special tokens.
    let offsets: (String) -> [Range<Int>]

    func count(_ text: String) -> Int { offsets(text).count }

    /// Cuts a text that is too long at token boundaries, preferring white space, into pieces within the ceilings.
    ///
    /// - Returns: spans in scalars of `text`, without white space at their ends; together they hold every other scalar.
    func pieces(of text: String, maximumTokens: Int, maximumCharacters: Int) -> [TextSpan] {
        let scalars = Array(text.unicodeScalars)
        let tokens = offsets(text).filter { $0.lowerBound >= 0 && $0.upperBound <= scalars.count }
        var pieces: [TextSpan] = []
        var start = 0
        var token = 0
        while true {
            while start < scalars.count, scalars[start].properties.isWhitespace { start += 1 }
            guard start < scalars.count else { return pieces }
            while token < tokens.count, tokens[token].lowerBound < start { token += 1 }
            var limit = scalars.count
            if tokens.count - token > maximumTokens { limit = tokens[token + maximumTokens].lowerBound }
            limit = max(start + 1, min(limit, start + maximumCharacters))
            var end = limit < scalars.count ? cut(scalars, from: start, limit: limit) : limit
            // A text cut inside a word may make more tokens than the word did.
            while end - start > 1, count(string(scalars[start..<end])) > maximumTokens {
                end = start + max(1, (end - start) * 7 / 8)
            }
            var last = end
            while last > start, scalars[last - 1].properties.isWhitespace { last -= 1 }
            pieces.append(TextSpan(start, max(last, start + 1)))
            start = end
        }
    }

    /// The last white space in the second half of the piece, else the limit.
    private func cut(_ scalars: [Unicode.Scalar], from start: Int, limit: Int) -> Int {
        var end = limit
        while end > start + (limit - start) / 2 {
            if scalars[end - 1].properties.isWhitespace || scalars[end].properties.isWhitespace { return end }
            end -= 1
        }
        return limit
    }

    private func string(_ scalars: ArraySlice<Unicode.Scalar>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: scalars)
        return String(view)
    }
}
