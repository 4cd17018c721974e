import Foundation

/// Everything that a sentence-transformers folder of the BERT family says about its model, read and checked.
///
/// Reads `config.json`, `model.safetensors`, `tokenizer.json` (or `vocab.txt` with `tokenizer_config.json`), and if
/// present `modules.json`, `1_Pooling/config.json`, `sentence_bert_config.json` and `config_sentence_transformers.json`.
/// The window is `max_seq_length` of `sentence_bert_config.json`; the truncation inside `tokenizer.json` is what some
/// example was once run with, and does not count.
struct ModelFolder {
    let path: String
    let name: String
    let configuration: BERTConfiguration
    let weights: WeightsFile
    let tokenizer: BERTTokenizer
    let pooling: Pooling
    /// Ids in a sequence at most, special tokens included.
    let maximumTokens: Int
    /// Put before a text as it stands.
    let queryPrefix: String
    let passagePrefix: String
    let fingerprint: String

    init(path: String) throws(EmbeddingError) {
        self.path = path
        let files = ModelFiles(folder: path)
        name = URL(fileURLWithPath: path).standardizedFileURL.lastPathComponent
        configuration = try Self.readConfiguration(files)
        pooling = try Self.readPooling(files)
        let tokenizerFile = try TokenizerFile(files: files)
        tokenizer = tokenizerFile.tokenizer
        guard tokenizer.vocabulary.count <= configuration.vocabularySize else {
            throw .unsupportedModel(
                path: files.path("config.json"), setting: "vocab_size",
                expected: "at least the \(tokenizer.vocabulary.count) tokens of the tokenizer",
                found: "\(configuration.vocabularySize)")
        }
        maximumTokens = try Self.readMaximumTokens(files, configuration, tokenizerFile)
        (queryPrefix, passagePrefix) = try Self.readPrefixes(files)
        weights = try WeightsFile(path: files.path("model.safetensors"))

        var fingerprint = Fingerprint()
        fingerprint.add(configuration)
        fingerprint.add(tokenizer.settings)
        fingerprint.add("\(pooling.rawValue) \(maximumTokens)")
        fingerprint.add(queryPrefix)
        fingerprint.add(passagePrefix)
        fingerprint.add(tokenizer.vocabulary)
        fingerprint.add(weights)
        self.fingerprint = fingerprint.hexadecimal()
    }

    private struct Configuration: Decodable {
        var modelType: String?
        var hiddenAct: String?
        var hiddenSize: Int
        var numHiddenLayers: Int
        var numAttentionHeads: Int
        var intermediateSize: Int
        var vocabSize: Int
        var maxPositionEmbeddings: Int
        var typeVocabSize: Int?
        var layerNormEps: Float?
        var positionEmbeddingType: String?
    }

    private static func readConfiguration(_ files: ModelFiles) throws(EmbeddingError) -> BERTConfiguration {
        let file = "config.json"
        let read: Configuration = try files.decode(file)
        let required = [
            ("model_type", read.modelType ?? "bert", "bert"),
            ("hidden_act", read.hiddenAct ?? "gelu", "gelu"),
            ("position_embedding_type", read.positionEmbeddingType ?? "absolute", "absolute"),
        ]
        for (setting, found, expected) in required where found != expected {
            throw .unsupportedModel(path: files.path(file), setting: setting, expected: expected, found: found)
        }
        let configuration = BERTConfiguration(
            hiddenSize: read.hiddenSize, layerCount: read.numHiddenLayers, headCount: read.numAttentionHeads,
            intermediateSize: read.intermediateSize, vocabularySize: read.vocabSize,
            maximumPositions: read.maxPositionEmbeddings, typeCount: read.typeVocabSize ?? 2,
            layerNormEpsilon: read.layerNormEps ?? 1e-12)
        try configuration.validate(path: files.path(file))
        return configuration
    }

    private struct Module: Decodable {
        var path: String
        var type: String
    }

    private static func readPooling(_ files: ModelFiles) throws(EmbeddingError) -> Pooling {
        var folder = "1_Pooling"
        var isNamed = false
        if let modules: [Module] = try files.decodeIfPresent("modules.json") {
            for module in modules {
                let kind = module.type.split(separator: ".").last.map(String.init) ?? module.type
                switch kind {
                case "Transformer", "Normalize": continue
                case "Pooling": (folder, isNamed) = (module.path, true)
                default:
                    throw .unsupportedModel(
                        path: files.path("modules.json"), setting: "type",
                        expected: "Transformer, Pooling or Normalize", found: module.type)
                }
            }
        }
        let file = "\(folder)/config.json"
        guard let modes: PoolingModes = try files.decodeIfPresent(file) else {
            // A model that pools otherwise would give wrong vectors without a word.
            if isNamed { throw .fileMissing(path: files.path(file)) }
            return .mean
        }
        switch modes.chosen {
        case ["ClsToken"], ["cls"]: return .cls
        case ["MeanTokens"], ["mean"]: return .mean
        default:
            throw .unsupportedModel(
                path: files.path(file), setting: "pooling_mode", expected: "mean_tokens or cls_token",
                found: modes.chosen.isEmpty ? "nothing" : modes.chosen.joined(separator: " + "))
        }
    }

    /// `pooling_mode_…: true` of the older form, or `pooling_mode: "…"`; keys come in camel case.
    private struct PoolingModes: Decodable {
        var chosen: [String] = []

        private struct Key: CodingKey {
            var stringValue: String
            var intValue: Int? { nil }
            init?(stringValue: String) { self.stringValue = stringValue }
            init?(intValue: Int) { nil }
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            let start = "poolingMode"
            for key in container.allKeys where key.stringValue.hasPrefix(start) {
                if (try? container.decode(Bool.self, forKey: key)) == true {
                    chosen.append(String(key.stringValue.dropFirst(start.count)))
                }
            }
            chosen.sort()
            if chosen.isEmpty, let key = Key(stringValue: "poolingMode"),
                let mode = try? container.decode(String.self, forKey: key)
            {
                chosen = [mode]
            }
        }
    }

    private struct SentenceConfiguration: Decodable {
        var maxSeqLength: Int?
        var doLowerCase: Bool?
    }

    private static func readMaximumTokens(
        _ files: ModelFiles, _ configuration: BERTConfiguration, _ tokenizerFile: TokenizerFile
    ) throws(EmbeddingError) -> Int {
        let file = "sentence_bert_config.json"
        let read: SentenceConfiguration? = try files.decodeIfPresent(file)
        if read?.doLowerCase == true, !tokenizerFile.tokenizer.settings.normalizer.lowercases {
            throw .unsupportedModel(
                path: files.path(file), setting: "do_lower_case",
                expected: "false, or true together with a lower-casing tokenizer", found: "true")
        }
        let positions = configuration.maximumPositions
        let length = read?.maxSeqLength ?? min(positions, tokenizerFile.modelMaximumLength ?? positions)
        guard (BERTTokenizer.specialTokenCount + 1...positions).contains(length) else {
            throw .unsupportedModel(
                path: files.path(file), setting: "max_seq_length",
                expected: "\(BERTTokenizer.specialTokenCount + 1) to \(positions) (max_position_embeddings)",
                found: "\(length)")
        }
        return length
    }

    private struct SentenceTransformersConfiguration: Decodable {
        var prompts: [String: String]?
        var defaultPromptName: String?
    }

    private static func readPrefixes(_ files: ModelFiles) throws(EmbeddingError) -> (query: String, passage: String) {
        let file = "config_sentence_transformers.json"
        guard let read: SentenceTransformersConfiguration = try files.decodeIfPresent(file),
            let prompts = read.prompts
        else { return ("", "") }
        let standard = read.defaultPromptName.flatMap { prompts[$0] } ?? ""
        return (prompts["query"] ?? standard, prompts["passage"] ?? prompts["document"] ?? standard)
    }
}

/// The small files of a model folder, read whole under a ceiling.
struct ModelFiles {
    /// The largest JSON file of a BERT model, `tokenizer.json` of 250,000 tokens, has about 17 MB.
    static let maximumSizeBytes = 128 * 1024 * 1024

    let folder: String

    func path(_ file: String) -> String {
        folder.hasSuffix("/") ? folder + file : folder + "/" + file
    }

    func read(_ file: String) throws(EmbeddingError) -> [UInt8] {
        let path = path(file)
        let mapping = try FileMapping(path: path)
        guard mapping.sizeBytes <= Self.maximumSizeBytes else {
            throw .malformedFile(
                path: path, problem: "\(mapping.sizeBytes) bytes, more than the limit of \(Self.maximumSizeBytes)")
        }
        return mapping.bytes(0..<mapping.sizeBytes)
    }

    /// Nil when the file is not there.
    func readIfPresent(_ file: String) throws(EmbeddingError) -> [UInt8]? {
        do {
            return try read(file)
        } catch {
            if case .fileMissing = error { return nil }
            throw error
        }
    }

    func decode<Value: Decodable>(_ file: String) throws(EmbeddingError) -> Value {
        try decode(try read(file), of: file)
    }

    /// - Parameter file: for error messages.
    func decode<Value: Decodable>(_ bytes: [UInt8], of file: String) throws(EmbeddingError) -> Value {
        do {
            let decoder = JSONDecoder()
            decoder.keyDecodingStrategy = .convertFromSnakeCase
            return try decoder.decode(Value.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw .malformedFile(path: path(file), problem: Self.describe(error))
        } catch {
            throw .malformedFile(path: path(file), problem: "\(error)")
        }
    }

    /// Nil when the file is not there; still an error when it is there and damaged.
    func decodeIfPresent<Value: Decodable>(_ file: String) throws(EmbeddingError) -> Value? {
        try readIfPresent(file).map { bytes throws(EmbeddingError) in try decode(bytes, of: file) }
    }

    private static func describe(_ error: DecodingError) -> String {
        func place(_ context: DecodingError.Context) -> String {
            context.codingPath.isEmpty ? "" : " at " + context.codingPath.map(\.stringValue).joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context): return "the key \(key.stringValue) is missing" + place(context)
        case .typeMismatch(let type, let context): return "a value is not of type \(type)" + place(context)
        case .valueNotFound(let type, let context): return "a value of type \(type) is null" + place(context)
        case .dataCorrupted(let context): return "it is not valid JSON or a number is out of range" + place(context)
        @unknown default: return "it does not have the expected JSON form"
        }
    }
}
