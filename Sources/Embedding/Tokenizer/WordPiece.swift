/// Third stage of the tokenizer: a word becomes the longest pieces of the vocabulary, taken from the left.
///
/// Equal to WordPiece of Hugging Face tokenizers (Wu et al. 2016, arXiv:1609.08144, section 4.1): a word with a
/// part that no piece matches, or of too many scalars, is the unknown token as a whole.
struct WordPiece: Sendable {
    let vocabulary: Vocabulary
    let unknownID: Int32
    /// Longer words, counted in Unicode scalars, are unknown.
    let maximumScalarsPerWord: Int

    /// Hands the pieces of the word `bytes[word]` to `body` as id and bytes.
    ///
    /// Costs one hash look-up for a word that is itself a token; at most `longest piece` look-ups for each piece.
    ///
    /// - Parameter scratch: reused between calls; its content means nothing.
    func split(
        _ word: Range<Int>, of bytes: Span<UInt8>, scratch: inout Scratch, _ body: (Int32, Range<Int>) -> Void
    ) {
        if word.count > maximumScalarsPerWord, countScalars(bytes, word) > maximumScalarsPerWord {
            return body(unknownID, word)
        }
        scratch.pieces.removeAll(keepingCapacity: true)
        var start = word.lowerBound
        while start < word.upperBound {
            guard let piece = longestPiece(bytes, start, word, &scratch.hashes) else { return body(unknownID, word) }
            scratch.pieces.append(piece)
            start = piece.range.upperBound
        }
        for piece in scratch.pieces { body(piece.id, piece.range) }
    }

    struct Scratch {
        fileprivate var hashes: [UInt64] = []
        fileprivate var pieces: [(id: Int32, range: Range<Int>)] = []
    }

    private func longestPiece(
        _ bytes: Span<UInt8>, _ start: Int, _ word: Range<Int>, _ hashes: inout [UInt64]
    ) -> (id: Int32, range: Range<Int>)? {
        let continues = start > word.lowerBound
        let longest = continues ? vocabulary.longestContinuation : vocabulary.longestStart
        let limit = min(word.upperBound, start + longest)
        hashes.removeAll(keepingCapacity: true)
        var hash = vocabulary.seed(continues: continues)
        for i in start..<limit {
            hash = Vocabulary.hash(hash, bytes[i])
            hashes.append(hash)
        }
        var end = limit
        while end > start {
            // Pieces end where a scalar ends: a look-up in the middle of one can match nothing.
            if end == word.upperBound || bytes[end] & 0xC0 != 0x80,
                let id = vocabulary.find(bytes, start..<end, continues, hashes[end - start - 1])
            {
                return (id, start..<end)
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
