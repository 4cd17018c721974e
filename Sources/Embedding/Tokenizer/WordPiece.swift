/// Third stage of the tokenizer: a word becomes the longest pieces of the vocabulary, taken from the left.
///
/// Equal to WordPiece of Hugging Face tokenizers (Wu et al. 2016, arXiv:1609.08144, section 4.1): a word with a
/// part that no piece matches, or of too many scalars, is the unknown token as a whole.
struct WordPiece: Sendable {
    let vocabulary: Vocabulary
    let unknownID: Int32
    /// Longer words, counted in Unicode scalars, are unknown.
    let maximumScalarsPerWord: Int
    /// Words of more bytes are not looked up as a whole.
    private let longestListed: Int

    init(vocabulary: Vocabulary, unknownID: Int32, maximumScalarsPerWord: Int) {
        self.vocabulary = vocabulary
        self.unknownID = unknownID
        self.maximumScalarsPerWord = maximumScalarsPerWord
        longestListed = min(maximumScalarsPerWord, vocabulary.longestStart)
    }

    /// Appends the pieces of the word `bytes[word]` to `tokens`.
    ///
    /// Costs one hash look-up for a word that is itself a token; at most `longest piece` look-ups for each piece.
    ///
    /// - Parameter bytes: eight more bytes can be read after the word.
    @inline(__always)
    func split(_ word: Range<Int>, of bytes: Span<UInt8>, into tokens: inout TokenList) {
        if word.count <= longestListed, let id = vocabulary.find(bytes, word, continues: false) {
            tokens.append(id, word)
        } else {
            splitUnlisted(word, of: bytes, into: &tokens)
        }
    }

    @inline(never)
    private func splitUnlisted(_ word: Range<Int>, of bytes: Span<UInt8>, into tokens: inout TokenList) {
        if word.count > maximumScalarsPerWord, countScalars(bytes, word) > maximumScalarsPerWord {
            return tokens.append(unknownID, word)
        }
        let count = tokens.ids.count
        var start = word.lowerBound
        while start < word.upperBound {
            guard let (id, end) = longestPiece(bytes, start, word) else {
                tokens.removeLast(tokens.ids.count - count)
                return tokens.append(unknownID, word)
            }
            tokens.append(id, start..<end)
            start = end
        }
    }

    private func longestPiece(_ bytes: Span<UInt8>, _ start: Int, _ word: Range<Int>) -> (id: Int32, end: Int)? {
        let continues = start > word.lowerBound
        let longest = vocabulary.longestPiece(bytes, at: start, continues: continues)
        var end = min(word.upperBound, start + longest)
        while end > start {
            // Pieces end where a scalar ends: a look-up in the middle of one can match nothing.
            if end == word.upperBound || bytes[end] & 0xC0 != 0x80,
                let id = vocabulary.find(bytes, start..<end, continues: continues)
            {
                return (id, end)
            }
            end -= 1
        }
        return nil
    }

    private func countScalars(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Int {
        var count = 0
        for i in range where bytes[i] & 0xC0 != 0x80 { count += 1 }
        return count
    }
}
