/// Text to token ids, equal to the fast BERT tokenizer of Hugging Face: normalizer, pre-tokenizer, WordPiece, special
/// tokens. Immutable; any number of threads may use one.
///
/// Works on UTF-8 block by block, so that memory stays small for long texts and a truncated encoding reads no further
/// than it must.
public struct BERTTokenizer: Sendable {
    struct Settings: Sendable {
        var normalizer = TextNormalizer.Settings()
        var maximumScalarsPerWord = 100
        /// Tokens that are found in the text as they stand, before normalization, by their spelling.
        var addedTokens: [AddedToken] = []
        var unknownID: Int32 = 0
        /// Put before and after every text.
        var classID: Int32 = 0
        var separatorID: Int32 = 0
    }

    struct AddedToken: Sendable {
        var id: Int32
        var utf8: [UInt8]
    }

    /// How many tokens `encode` adds to those of the text: [CLS] and [SEP].
    public static let specialTokenCount = 2

    /// A block ends at the first space after this many bytes, or with the text.
    private static let blockSizeBytes = 16 * 1024

    let vocabulary: Vocabulary
    let settings: Settings
    private let normalizer: TextNormalizer
    private let preTokenizer = PreTokenizer()
    private let wordPiece: WordPiece
    /// Whether an added token starts with this byte.
    private let startsAddedToken: [Bool]

    init(vocabulary: Vocabulary, settings: Settings) {
        self.vocabulary = vocabulary
        self.settings = settings
        normalizer = TextNormalizer(settings: settings.normalizer)
        wordPiece = WordPiece(
            vocabulary: vocabulary, unknownID: settings.unknownID,
            maximumScalarsPerWord: settings.maximumScalarsPerWord)
        var starts = [Bool](repeating: false, count: 256)
        for token in settings.addedTokens {
            if let first = token.utf8.first { starts[Int(first)] = true }
        }
        startsAddedToken = starts
    }

    /// Encodes a text as [CLS] tokens [SEP], cut at the right to `maximumTokens` ids in all (at least 2).
    public func encode(_ text: String, maximumTokens: Int) -> Encoding {
        var encoding = Encoding()
        let limit = max(0, maximumTokens - Self.specialTokenCount)
        encoding.ids.append(settings.classID)
        encoding.offsets.append(0..<0)
        forEachToken(text) { id, range in
            guard encoding.ids.count <= limit else { return false }
            encoding.ids.append(id)
            encoding.offsets.append(range)
            return true
        }
        encoding.ids.append(settings.separatorID)
        encoding.offsets.append(0..<0)
        return encoding
    }

    /// The number of tokens of the whole text, special tokens not counted.
    public func countTokens(_ text: String) -> Int {
        var count = 0
        forEachToken(text) { _, _ in
            count += 1
            return true
        }
        return count
    }

    /// The scalar range of every token of the whole text, in order, special tokens not included.
    public func tokenOffsets(_ text: String) -> [Range<Int>] {
        var offsets: [Range<Int>] = []
        forEachToken(text) { _, range in
            offsets.append(range)
            return true
        }
        return offsets
    }

    /// Calls `body` with id and original scalar range of each token until it returns false.
    private func forEachToken(_ text: String, _ body: (Int32, Range<Int>) -> Bool) {
        var text = text
        text.makeContiguousUTF8()
        let utf8 = text.utf8Span.span
        var normalized = NormalizedText()
        var scratch = WordPiece.Scratch()
        var start = 0
        var scalar = 0
        while start < utf8.count {
            let stop = findStop(utf8, from: start)
            if stop.end > start {
                let block = utf8.extracting(start..<stop.end)
                guard let count = tokenize(block, scalar, &normalized, &scratch, body) else { return }
                scalar += count
            }
            start = stop.end
            if let token = stop.addedToken {
                let count = token.utf8.reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
                guard body(token.id, scalar..<(scalar + count)) else { return }
                scalar += count
                start += token.utf8.count
            }
        }
    }

    /// Where the block that begins at `start` ends: at an added token, at a space once it is long enough, or with the
    /// text.
    private func findStop(_ utf8: Span<UInt8>, from start: Int) -> (end: Int, addedToken: AddedToken?) {
        var i = start
        while i < utf8.count {
            let byte = utf8[i]
            if startsAddedToken[Int(byte)], let token = addedToken(utf8, at: i) { return (i, token) }
            // A space separates words and ends runs of combining marks: nothing reaches across it.
            if byte == 0x20, i - start >= Self.blockSizeBytes { return (i + 1, nil) }
            i += 1
        }
        return (i, nil)
    }

    /// The longest added token that starts here.
    private func addedToken(_ utf8: Span<UInt8>, at start: Int) -> AddedToken? {
        var found: AddedToken?
        for token in settings.addedTokens where token.utf8.count > found?.utf8.count ?? 0 {
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

    /// Tokenizes one block whose first scalar is number `firstScalar` of the text.
    ///
    /// - Returns: the number of scalars of the block; nil when `body` asked to stop.
    private func tokenize(
        _ utf8: Span<UInt8>, _ firstScalar: Int, _ normalized: inout NormalizedText,
        _ scratch: inout WordPiece.Scratch, _ body: (Int32, Range<Int>) -> Bool
    ) -> Int? {
        normalized.removeAll()
        let scalarCount = normalizer.normalize(utf8, into: &normalized)
        let bytes = normalized.bytes.span
        let origins = normalized.origins.span
        var goesOn = true
        var position = 0
        while goesOn, let word = preTokenizer.nextWord(in: bytes, from: position) {
            wordPiece.split(word, of: bytes, scratch: &scratch) { id, piece in
                guard goesOn else { return }
                let first = firstScalar + Int(origins[piece.lowerBound])
                let last = firstScalar + Int(origins[piece.upperBound - 1])
                // Reordered marks can put the last byte's origin before the first's.
                goesOn = body(id, first..<max(first, last + 1))
            }
            position = word.upperBound
        }
        return goesOn ? scalarCount : nil
    }
}
