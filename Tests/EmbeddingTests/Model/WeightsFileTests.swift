import Foundation
import Testing

@testable import Embedding

/// Model files from strangers: each has one defect and must give a typed error that names it.
@Suite struct WeightsFileTests {
    private func error(_ model: TinyModel) throws -> EmbeddingError? {
        try model.withFolder { folder in
            do {
                _ = try Embedder(modelFolder: folder).embedBlocking(["flat villas"], purpose: .passage)
                return nil
            } catch let error as EmbeddingError {
                return error
            }
        }
    }

    @Test func theUndamagedModelLoads() throws {
        #expect(try error(TinyModel()) == nil)
    }

    @Test func aWrongShapeNamesTensorExpectedAndFound() throws {
        var model = TinyModel()
        let name = "encoder.layer.1.output.dense.weight"
        model.tensors[name]?.shape = [12, 8]
        guard case .tensorMismatch(name, let expected, let found, _) = try error(model) else {
            Issue.record("not a mismatch")
            return
        }
        #expect(expected.contains("[8, 12]") && found.contains("[12, 8]"))
    }

    @Test func aMissingTensorIsNamed() throws {
        for name in TinyModel().tensors.keys.sorted() {
            var model = TinyModel()
            model.tensors[name] = nil
            guard case .tensorMissing(let found, _, _) = try error(model) else {
                Issue.record("\(name) is not missed")
                continue
            }
            #expect(found == name)
        }
    }

    @Test func notANumberIsFoundAndNamed() throws {
        for name in ["encoder.layer.0.attention.self.key.weight", "embeddings.word_embeddings.weight"] {
            for value: Float in [.nan, .infinity] {
                var model = TinyModel()
                model.tensors[name]?.values[5 * 8 + 1] = value  // in the row of the token "flat"
                guard case .tensorNotFinite(name, 41, _) = try error(model) else {
                    Issue.record("\(value) in \(name) gives \(String(describing: try error(model)))")
                    continue
                }
            }
        }
    }

    @Test func zeroWeightsGiveNoVector() throws {
        var model = TinyModel()
        for name in ["encoder.layer.1.output.LayerNorm.weight", "encoder.layer.1.output.LayerNorm.bias"] {
            model.tensors[name]?.values = [Float](repeating: 0, count: 8)
        }
        guard case .vectorNotUsable("0.0", _) = try error(model) else {
            Issue.record("a zero vector came out")
            return
        }
    }

    @Test func configurationAndWeightsMustAgree() throws {
        for (key, value) in [
            ("num_hidden_layers", 1), ("num_hidden_layers", 3), ("hidden_size", 16),
            ("intermediate_size", 13), ("vocab_size", 13), ("max_position_embeddings", 11), ("type_vocab_size", 1),
        ] {
            var model = TinyModel()
            model.config[key] = value
            switch try error(model) {
            case .tensorMismatch, .tensorMissing: break
            case let other: Issue.record("\(key) = \(value) gives \(String(describing: other))")
            }
        }
    }

    @Test func lyingHeaderLengths() throws {
        for length in [UInt64.max, 1 << 62, 1_000_000, 0, 3] {
            var model = TinyModel()
            model.damage = { data in
                for i in 0..<8 { data[i] = UInt8(truncatingIfNeeded: length >> UInt64(8 * i)) }
            }
            guard case .malformedFile = try error(model) else {
                Issue.record("a header length of \(length) is believed")
                continue
            }
        }
    }

    @Test func truncatedFiles() throws {
        var whole = 0
        var model = TinyModel()
        model.damage = { whole = $0.count }
        _ = try error(model)
        for kept in [0, 1, 7, 8, 9, 500, whole / 2, whole - 4, whole - 1] {
            var model = TinyModel()
            model.damage = { $0 = $0.prefix(kept) }
            switch try error(model) {
            case .malformedFile, .tensorMismatch: break
            case let other: Issue.record("\(kept) of \(whole) bytes give \(String(describing: other))")
            }
        }
    }

    @Test func hostileHeaders() throws {
        let name = "embeddings.word_embeddings.weight"
        let entries = [
            #"{"dtype":"F32","shape":[12,8],"data_offsets":[0,99999999]}"#,
            #"{"dtype":"F32","shape":[12,8],"data_offsets":[-4,380]}"#,
            #"{"dtype":"F32","shape":[12,8],"data_offsets":[384,0]}"#,
            #"{"dtype":"F32","shape":[12,8],"data_offsets":[0,383]}"#,
            #"{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,384]}"#,
            #"{"dtype":"F32","shape":[-12,-8],"data_offsets":[0,384]}"#,
            #"{"dtype":"F32","shape":[12,8],"data_offsets":[0]}"#,
            #"{"dtype":"F32","shape":[12,8],"data_offsets":[0,99999999999999999999999]}"#,
            #"{"dtype":"F32","shape":"12x8","data_offsets":[0,384]}"#,
            #"{"shape":[12,8],"data_offsets":[0,384]}"#,
            #"[]"#, #"{"#, "\u{FFFD}",
        ]
        for entry in entries {
            var model = TinyModel()
            model.damage = { data in
                data = TinyModel.file(
                    header: Data("{\"\(name)\":\(entry)}".utf8), data: Data(repeating: 0, count: 384))
            }
            switch try error(model) {
            case .malformedFile, .tensorMismatch: break
            case let other: Issue.record("\(entry) gives \(String(describing: other))")
            }
        }
    }

    @Test func anotherElementTypeIsNamed() throws {
        var model = TinyModel()
        model.damage = { data in
            // Same size in bytes, another meaning.
            guard let range = data.range(of: Data("\"F32\"".utf8)) else { return }
            data.replaceSubrange(range, with: Data("\"I32\"".utf8))
        }
        guard case .tensorMismatch(_, _, let found, _) = try error(model) else {
            Issue.record("I32 is taken")
            return
        }
        #expect(found.contains("I32"))
    }

    @Test func halfPrecisionWeightsGiveTheSameVectors() throws {
        let texts = ["flat", "sea side villas : query", ""]
        func vectors(_ type: String) throws -> [[Float]] {
            var model = TinyModel()
            model.elementType = type
            return try model.withFolder { try Embedder(modelFolder: $0).embedBlocking(texts, purpose: .passage) }
        }
        let expected = try vectors("F32")
        #expect(try vectors("BF16") == expected)
        #expect(try vectors("F16") == expected)
    }
}
