import Foundation
import Testing

@testable import Embedding

@Suite struct ModelFolderTests {
    private func load(_ change: (inout TinyModel) -> Void) throws -> ModelFolder {
        var model = TinyModel()
        change(&model)
        return try model.withFolder { try ModelFolder(path: $0) }
    }

    @Test func theRealModel() throws {
        let embedder = try TestModel.shared.get()
        #expect(embedder.dimension == 384)
        #expect(embedder.maximumTokens == 256, "tokenizer.json says 128, sentence_bert_config.json counts")
        #expect(embedder.maximumPassageTokens == 254)
        #expect(embedder.fingerprint.count == 64 && embedder.fingerprint.allSatisfy(\.isHexDigit))
        #expect(embedder.tokenizer.vocabulary.count == 30_522)
    }

    @Test func aMissingFolderOrFileIsNamed() throws {
        #expect(throws: EmbeddingError.fileMissing(path: "/nowhere/config.json")) {
            try Embedder(modelFolder: "/nowhere")
        }
        try TinyModel().withFolder { folder in
            try FileManager.default.removeItem(atPath: folder + "/vocab.txt")
            #expect(throws: EmbeddingError.fileMissing(path: folder + "/tokenizer.json")) {
                try Embedder(modelFolder: folder)
            }
        }
    }

    @Test func otherArchitecturesAreRefused() throws {
        for (key, value, expected) in [
            ("model_type", "roberta", "bert"), ("hidden_act", "relu", "gelu"),
            ("position_embedding_type", "relative_key", "absolute"),
        ] {
            let error = #expect(throws: EmbeddingError.self) { try load { $0.config[key] = value } }
            guard case .unsupportedModel(_, key, expected, value) = error else {
                Issue.record("\(key) gives \(String(describing: error))")
                continue
            }
        }
        for (key, value) in [
            ("hidden_size", 0), ("hidden_size", -8), ("hidden_size", Int.max), ("num_attention_heads", 3),
            ("num_hidden_layers", 1_000_000),
        ] {
            #expect(throws: EmbeddingError.self, "\(key) = \(value)") { try load { $0.config[key] = value } }
        }
        // Sizes that the weights do not have ask for no memory.
        for (key, value) in [
            ("intermediate_size", 65_000), ("intermediate_size", 65_536), ("hidden_size", 64_000),
            ("num_hidden_layers", 256),
        ] {
            var model = TinyModel()
            model.config[key] = value
            try model.withFolder { folder in
                for precision in EmbeddingPrecision.allCases {
                    #expect(throws: EmbeddingError.self, "\(key) = \(value)") {
                        try Embedder(modelFolder: folder, precision: precision)
                    }
                }
            }
        }
        #expect(throws: EmbeddingError.self) { try load { $0.config["hidden_size"] = "eight" } }
        #expect(throws: EmbeddingError.self) { try load { $0.config["hidden_size"] = nil } }
    }

    @Test func poolingModes() throws {
        #expect(try load { _ in }.pooling == .mean)
        let cases: [(String, Pooling?)] = [
            (#"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": false}"#, .cls),
            (#"{"pooling_mode_cls_token": false, "pooling_mode_mean_tokens": true}"#, .mean),
            (#"{"pooling_mode": "cls"}"#, .cls),
            (#"{"pooling_mode_max_tokens": true}"#, nil),
            (#"{"pooling_mode_cls_token": true, "pooling_mode_mean_tokens": true}"#, nil),
            (#"{}"#, nil),
            (#"[]"#, nil),
        ]
        for (content, expected) in cases {
            if let expected {
                #expect(try load { $0.otherFiles["1_Pooling/config.json"] = content }.pooling == expected)
            } else {
                #expect(throws: EmbeddingError.self, "\(content)") {
                    try load { $0.otherFiles["1_Pooling/config.json"] = content }
                }
            }
        }
        #expect(throws: EmbeddingError.self) {
            try load { $0.otherFiles["modules.json"] = #"[{"path": "2_Dense", "type": "models.Dense"}]"# }
        }
    }

    @Test func clsPoolingTakesTheFirstToken() throws {
        var model = TinyModel()
        let mean = try model.withFolder { try Embedder(modelFolder: $0).embedBlocking(["flat"], purpose: .query) }
        model.otherFiles["1_Pooling/config.json"] = #"{"pooling_mode_cls_token": true}"#
        let cls = try model.withFolder { try Embedder(modelFolder: $0).embedBlocking(["flat"], purpose: .query) }
        #expect(mean != cls)
    }

    @Test func windows() throws {
        func window(_ length: Int?) throws -> Int {
            try load {
                if let length { $0.otherFiles["sentence_bert_config.json"] = "{\"max_seq_length\": \(length)}" }
            }.maximumTokens
        }
        #expect(try window(nil) == 10 && window(5) == 5)
        for length in [0, 2, 11, -1] { #expect(throws: EmbeddingError.self) { try window(length) } }
    }

    @Test func prefixesComeFromThePrompts() throws {
        var model = TinyModel()
        let plain = try model.withFolder { folder in
            try Embedder(modelFolder: folder).embedBlocking(["query: flat", "flat"], purpose: .query)
        }
        model.otherFiles["config_sentence_transformers.json"] = #"{"prompts": {"query": "query: ", "document": ""}}"#
        try model.withFolder { folder in
            let embedder = try Embedder(modelFolder: folder)
            #expect(try embedder.embedBlocking(["flat"], purpose: .query) == [plain[0]])
            #expect(try embedder.embedBlocking(["flat"], purpose: .passage) == [plain[1]])
        }
        model.otherFiles["config_sentence_transformers.json"] = #"{"prompts": {"passage": "query: "}}"#
        let tokens = try model.withFolder { try Embedder(modelFolder: $0).maximumPassageTokens }
        #expect(tokens == 10 - 2 - 2)
    }

    @Test func theFingerprintFollowsEveryPart() throws {
        let changes: [(inout TinyModel) -> Void] = [
            { _ in },
            { $0.config["layer_norm_eps"] = 1e-5 },
            { $0.vocabulary[5] = "house" },
            { $0.tensors["encoder.layer.0.output.dense.weight"]?.values[0] += 0.25 },
            { $0.otherFiles["1_Pooling/config.json"] = #"{"pooling_mode_cls_token": true}"# },
            { $0.otherFiles["sentence_bert_config.json"] = #"{"max_seq_length": 7}"# },
            { $0.otherFiles["config_sentence_transformers.json"] = #"{"prompts": {"query": "q"}}"# },
            { $0.elementType = "BF16" },
        ]
        let fingerprints = try changes.map { try load($0).fingerprint }
        #expect(Set(fingerprints).count == changes.count)
        #expect(try load { _ in }.fingerprint == fingerprints[0])
    }

    private let tokenizerJSON = """
        {"added_tokens": [{"id": 2, "content": "[CLS]", "special": true, "normalized": false}],
         "normalizer": {"type": "BertNormalizer", "lowercase": true}, "pre_tokenizer": {"type": "BertPreTokenizer"},
         "post_processor": {"type": "BertProcessing"}, "model": {"type": "WordPiece", "vocab": VOCAB}}
        """

    @Test func tokenizerFilesThatAreWrong() throws {
        let vocabulary = #"{"[UNK]": 1, "[PAD]": 0, "[CLS]": 2, "[SEP]": 3, "flat": 4}"#
        func folder(_ json: String, keepsList: Bool = false) throws -> BERTTokenizer {
            var model = TinyModel()
            model.otherFiles["tokenizer.json"] = json
            return try model.withFolder { folder in
                if !keepsList { try FileManager.default.removeItem(atPath: folder + "/vocab.txt") }
                return try ModelFolder(path: folder).tokenizer
            }
        }
        let good = tokenizerJSON.replacingOccurrences(of: "VOCAB", with: vocabulary)
        #expect(try folder(good).encode("Flat", maximumTokens: 9).ids == [2, 4, 3])
        #expect(try folder(good, keepsList: true).encode("Flat", maximumTokens: 9).ids == [2, 4, 3], "vocab.txt has 5")
        let bad = [
            good.replacingOccurrences(of: "\"flat\": 4", with: "\"flat\": 9"),
            good.replacingOccurrences(of: "\"flat\": 4", with: "\"flat\": 3"),
            good.replacingOccurrences(of: "\"id\": 2", with: "\"id\": 4"),
            good.replacingOccurrences(of: "[SEP]", with: "[END]"),
            good.replacingOccurrences(of: "BertNormalizer", with: "NFKC"),
            good.replacingOccurrences(of: "BertPreTokenizer", with: "Whitespace"),
            good.replacingOccurrences(of: "WordPiece", with: "BPE"),
            good.replacingOccurrences(
                of: "\"type\": \"WordPiece\"", with: "\"type\": \"WordPiece\", \"continuing_subword_prefix\": \"\""),
            good.replacingOccurrences(of: "\"normalized\": false", with: "\"normalized\": true"),
            good.replacingOccurrences(of: vocabulary, with: "[]"),
            good.replacingOccurrences(of: "\"vocab\"", with: "\"words\""),
            good.replacingOccurrences(of: "]", with: "]]"),
            "", "{", "null",
        ]
        for json in bad { #expect(throws: EmbeddingError.self, "\(json)") { try folder(json) } }
    }
}
