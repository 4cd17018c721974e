/// Text to token ids, equal to the fast BERT tokenizer of Hugging Face: normalizer, pre-tokenizer, WordPiece, special
/// tokens. Immutable; any number of threads may use one.
///
/// Works on UTF-8 block by block, so that memory stays small for long texts with white space, and a truncated encoding
/// reads little further than it must.
public struct BERTTokenizer: Sendable {
    struct Settings: Sendable {
        var normalizer = TextNormalizer.Settings()
        var maximumScalarsPerWord = 100
        var addedTokens: [AddedTokens.Token] = []
        var unknownID: Int32 = 0
        /// Put before and after every text.
        var classID: Int32 = 0
        var separatorID: Int32 = 0
    }

    /// How many tokens `encode` adds to those of the text: [CLS] and [SEP].
    public static let specialTokenCount = 2

    /// A block ends at the first space after this many bytes, or with the text.
    private static let blockSizeBytes = 4 * 1024

    let vocabulary: Vocabulary
    let settings: Settings
    private let addedTokens: AddedTokens
    private let normalizer: TextNormalizer
    private let preTokenizer = PreTokenizer()
    private let wordPiece: WordPiece

    init(vocabulary: Vocabulary, settings: Settings) {
        self.vocabulary = vocabulary
        self.settings = settings
        addedTokens = AddedTokens(settings.addedTokens)
        normalizer = TextNormalizer(settings: settings.normalizer)
        wordPiece = WordPiece(
            vocabulary: vocabulary, unknownID: settings.unknownID,
            maximumScalarsPerWord: settings.maximumScalarsPerWord)
    }

    /// Encodes a text as [CLS] tokens [SEP], cut at the right to `maximumTokens` ids in all (at least 2).
    public func encode(_ text: String, maximumTokens: Int) -> Encoding {
        var tokens = TokenList(keepsRanges: true)
        tokens.append(settings.classID, 0..<0)
        tokenize(text, into: &tokens, limit: max(maximumTokens, Self.specialTokenCount) - Self.specialTokenCount)
        tokens.append(settings.separatorID, 0..<0)
        return Encoding(ids: tokens.ids, offsets: tokens.ranges)
    }

    /// Appends the ids of `encode` to `ids`: the quicker way where no offsets are wanted.
    public func encodeIDs(_ text: String, maximumTokens: Int, into ids: inout [Int32]) {
        var tokens = TokenList(keepsRanges: false)
        swap(&tokens.ids, &ids)
        tokens.append(settings.classID, 0..<0)
        tokenize(text, into: &tokens, limit: max(maximumTokens, Self.specialTokenCount) - Self.specialTokenCount)
        tokens.append(settings.separatorID, 0..<0)
        swap(&tokens.ids, &ids)
    }

    /// The number of tokens of the whole text, special tokens not counted.
    public func countTokens(_ text: String) -> Int {
        var tokens = TokenList(keepsRanges: false)
        tokenize(text, into: &tokens, limit: .max)
        return tokens.ids.count
    }

    /// The scalar range of every token of the whole text, in order, special tokens not included.
    public func tokenOffsets(_ text: String) -> [Range<Int>] {
        var tokens = TokenList(keepsRanges: true)
        tokenize(text, into: &tokens, limit: .max)
        return tokens.ranges
    }

    /// Appends the first `limit` tokens of the text, with their ranges of original scalars if `tokens` keeps ranges.
    private func tokenize(_ text: String, into tokens: inout TokenList, limit: Int) {
        let (sum, overflows) = tokens.ids.count.addingReportingOverflow(limit)
        let end = overflows ? .max : sum
        var text = text
        text.makeContiguousUTF8()
        let utf8 = text.utf8Span.span
        var normalized = NormalizedText(keepsOrigins: tokens.keepsRanges)
        var start = 0
        var scalar = 0
        while start < utf8.count, tokens.ids.count < end {
            let blockEnd = blockEnd(utf8, from: start)
            while start < blockEnd, tokens.ids.count < end {
                let added = addedTokens.first(in: utf8, start..<blockEnd)
                let part = start..<(added?.start ?? blockEnd)
                if !part.isEmpty {
                    scalar += tokenize(utf8.extracting(part), scalar, &normalized, &tokens, end)
                }
                start = part.upperBound
                if let token = added?.token {
                    let count = token.utf8.reduce(0) { $1 & 0xC0 == 0x80 ? $0 : $0 + 1 }
                    tokens.append(token.id, scalar..<(scalar + count))
                    scalar += count
                    start += token.utf8.count
                }
            }
        }
        if tokens.ids.count > end { tokens.removeLast(tokens.ids.count - end) }
    }

    /// Where the block that begins at `start` ends. A space, tab or line's end separates words and ends runs of combining
    /// marks: nothing but an added token reaches across it.
    private func blockEnd(_ utf8: Span<UInt8>, from start: Int) -> Int {
        guard utf8.count - start > Self.blockSizeBytes else { return utf8.count }
        var i = start + Self.blockSizeBytes
        let cleansText = settings.normalizer.cleansText
        while i < utf8.count {
            let byte = utf8[i]
            if byte == 0x20 || cleansText && (byte == 0x09 || byte == 0x0A || byte == 0x0D) { break }
            i += 1
        }
        return min(i + 1, utf8.count)
    }

    /// Tokenizes a part whose first scalar is number `firstScalar` of the text, until there are `end` tokens or a word
    /// more.
    ///
    /// - Returns: the number of scalars of the part.
    private func tokenize(
        _ utf8: Span<UInt8>, _ firstScalar: Int, _ normalized: inout NormalizedText, _ tokens: inout TokenList,
        _ end: Int
    ) -> Int {
        let scalarCount = normalizer.normalize(utf8, into: &normalized)
        let bytes = normalized.bytes.span
        let firstToken = tokens.ids.count
        var position = 0
        while tokens.ids.count < end,
            let word = preTokenizer.nextWord(in: bytes, count: normalized.count, from: position)
        {
            wordPiece.split(word, of: bytes, into: &tokens)
            position = word.upperBound
        }
        if tokens.keepsRanges {
            let origins = normalized.origins.span
            for i in firstToken..<tokens.ids.count {
                let piece = tokens.ranges[i]
                let first = firstScalar + Int(origins[piece.lowerBound])
                let last = firstScalar + Int(origins[piece.upperBound - 1])
                // Reordered marks can put the last byte's origin before the first's.
                tokens.ranges[i] = first..<max(first, last + 1)
            }
        }
        return scalarCount
    }
}
