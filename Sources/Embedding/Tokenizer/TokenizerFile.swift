import Foundation

/// Reads a tokenizer from `tokenizer.json`, or where there is none from `vocab.txt` with `tokenizer_config.json`.
struct TokenizerFile {
    let tokenizer: BERTTokenizer
    /// `model_max_length` of `tokenizer_config.json`.
    let modelMaximumLength: Int?

    init(files: ModelFiles) throws(EmbeddingError) {
        let options: Options? = try files.decodeIfPresent("tokenizer_config.json")
        modelMaximumLength = options?.modelMaxLength.flatMap { Int(exactly: $0) }
        let path = files.path("tokenizer.json")
        guard let (file, vocabulary) = try Self.readFile(files) else {
            guard let list = try Self.readVocabularyList(files) else { throw .fileMissing(path: path) }
            tokenizer = try Self.makeTokenizer(
                list, prefix: "##", unknown: options?.unkToken ?? "[UNK]", maximumScalarsPerWord: 100,
                normalizer: Self.normalizer(options),
                added: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].map { ($0, nil) },
                path: files.path("vocab.txt"))
            return
        }
        let normalizer = try Self.normalizer(file, path)
        let added = file.addedTokens ?? []
        for token in added
        where token.normalized == true || token.lstrip == true || token.rstrip == true || token.singleWord == true {
            throw .unsupportedModel(
                path: path, setting: "added_tokens", expected: "no normalized, lstrip, rstrip or single_word",
                found: "one of them for \(token.content)")
        }
        guard file.model.continuingSubwordPrefix != "" else {
            throw .unsupportedModel(
                path: path, setting: "continuing_subword_prefix", expected: "a prefix such as ##", found: "none")
        }
        if let longest = file.model.maxInputCharsPerWord, longest < 1 {
            throw .unsupportedModel(
                path: path, setting: "max_input_chars_per_word", expected: "1 or more", found: String(longest))
        }
        tokenizer = try Self.makeTokenizer(
            vocabulary, prefix: file.model.continuingSubwordPrefix ?? "##", unknown: file.model.unkToken ?? "[UNK]",
            maximumScalarsPerWord: file.model.maxInputCharsPerWord ?? 100, normalizer: normalizer,
            added: added.map { ($0.content, $0.id) }, path: path)
    }

    private struct Options: Decodable {
        var doLowerCase: Bool?
        var stripAccents: Bool?
        var tokenizeChineseChars: Bool?
        var unkToken: String?
        /// Some files hold 1e30 for "none".
        var modelMaxLength: Double?
    }

    private struct File: Decodable {
        var addedTokens: [Added]?
        var normalizer: Normalizer?
        var preTokenizer: Kind?
        var postProcessor: Kind?
        var model: Model

        struct Added: Decodable {
            var id: Int
            var content: String
            var singleWord: Bool?
            var lstrip: Bool?
            var rstrip: Bool?
            var normalized: Bool?
        }

        struct Normalizer: Decodable {
            var type: String
            var cleanText: Bool?
            var handleChineseChars: Bool?
            var stripAccents: Bool?
            var lowercase: Bool?
        }

        struct Kind: Decodable {
            var type: String
        }

        struct Model: Decodable {
            var type: String?
            var unkToken: String?
            var continuingSubwordPrefix: String?
            var maxInputCharsPerWord: Int?
        }
    }

    private static func normalizer(_ options: Options?) -> TextNormalizer.Settings {
        let lowercases = options?.doLowerCase ?? true
        return TextNormalizer.Settings(
            cleansText: true, isolatesChineseCharacters: options?.tokenizeChineseChars ?? true,
            stripsAccents: options?.stripAccents ?? lowercases, lowercases: lowercases)
    }

    private static func normalizer(
        _ file: File, _ path: String
    ) throws(EmbeddingError) -> TextNormalizer.Settings {
        guard let read = file.normalizer, read.type == "BertNormalizer" else {
            throw .unsupportedModel(
                path: path, setting: "normalizer", expected: "BertNormalizer", found: file.normalizer?.type ?? "none")
        }
        let lowercases = read.lowercase ?? true
        return TextNormalizer.Settings(
            cleansText: read.cleanText ?? true, isolatesChineseCharacters: read.handleChineseChars ?? true,
            stripsAccents: read.stripAccents ?? lowercases, lowercases: lowercases)
    }

    private static func checkKinds(_ file: File, _ path: String) throws(EmbeddingError) {
        let kinds = [
            ("pre_tokenizer", file.preTokenizer?.type, ["BertPreTokenizer"]),
            ("post_processor", file.postProcessor?.type, ["TemplateProcessing", "BertProcessing"]),
            ("model", file.model.type ?? "WordPiece", ["WordPiece"]),
        ]
        for (setting, found, expected) in kinds where !expected.contains(found ?? "") {
            throw .unsupportedModel(
                path: path, setting: setting, expected: expected.joined(separator: " or "), found: found ?? "none")
        }
    }

    /// Settings and vocabulary of `tokenizer.json`; nil when there is no such file.
    private static func readFile(_ files: ModelFiles) throws(EmbeddingError) -> (File, VocabularyList)? {
        let name = "tokenizer.json"
        guard let bytes = try files.readIfPresent(name) else { return nil }
        guard (try? UTF8Span(validating: bytes.span)) != nil else {
            throw .malformedFile(path: files.path(name), problem: "it is not valid UTF-8")
        }
        let path = files.path(name)
        let found: (list: VocabularyList, object: Range<Int>)?
        do {
            found = try VocabularyScanner(file: bytes).readVocabulary()
        } catch {
            // Whatever else is wrong with the file says more.
            try checkKinds(try files.decode(bytes, of: name), path)
            throw .malformedFile(path: path, problem: error.description)
        }
        let settings = found.map { Array(bytes[..<$0.object.lowerBound]) + "{}".utf8 + bytes[$0.object.upperBound...] }
        let file: File = try files.decode(settings ?? bytes, of: name)
        try checkKinds(file, path)
        guard let found else { throw .malformedFile(path: path, problem: "the object model.vocab is missing") }
        return (file, found.list)
    }

    /// One token a line; nil when there is no such file.
    private static func readVocabularyList(_ files: ModelFiles) throws(EmbeddingError) -> VocabularyList? {
        guard let bytes = try files.readIfPresent("vocab.txt") else { return nil }
        let lines = bytes.reduce(1) { $1 == 0x0A ? $0 + 1 : $0 }
        guard lines <= VocabularyList.maximumCount else {
            throw .malformedFile(path: files.path("vocab.txt"), problem: "\(lines) tokens")
        }
        return VocabularyList(lines: bytes)
    }

    private static func makeTokenizer(
        _ tokens: VocabularyList, prefix: String, unknown: String, maximumScalarsPerWord: Int,
        normalizer: TextNormalizer.Settings, added: [(content: String, id: Int?)], path: String
    ) throws(EmbeddingError) -> BERTTokenizer {
        let vocabulary = Vocabulary(tokens, continuationPrefix: Array(prefix.utf8))
        func id(_ token: String) throws(EmbeddingError) -> Int32 {
            guard let id = vocabulary.id(of: token) else {
                throw .malformedFile(path: path, problem: "its vocabulary lacks the token \(token)")
            }
            return id
        }
        var settings = BERTTokenizer.Settings()
        settings.normalizer = normalizer
        settings.maximumScalarsPerWord = maximumScalarsPerWord
        settings.unknownID = try id(unknown)
        settings.classID = try id("[CLS]")
        settings.separatorID = try id("[SEP]")
        for token in added where !token.content.isEmpty {
            let found = try id(token.content)
            if let expected = token.id, expected != Int(found) {
                throw .malformedFile(
                    path: path,
                    problem: "its added token \(token.content) has id \(expected), in the vocabulary \(found)")
            }
            settings.addedTokens.append(.init(id: found, utf8: Array(token.content.utf8)))
        }
        return BERTTokenizer(vocabulary: vocabulary, settings: settings)
    }
}
