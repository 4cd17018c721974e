import Foundation

/// A complete model folder of a few hundred numbers, made for one test, to be broken in one place.
struct TinyModel {
    struct Tensor {
        var shape: [Int]
        var values: [Float]
    }

    var config: [String: Any] = [
        "model_type": "bert", "hidden_act": "gelu", "hidden_size": 8, "num_hidden_layers": 2,
        "num_attention_heads": 2, "intermediate_size": 12, "vocab_size": 12, "max_position_embeddings": 10,
        "type_vocab_size": 2, "layer_norm_eps": 1e-12,
    ]
    var vocabulary = [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "flat", "villa", "##s", "sea", "##side", "query", ":",
    ]
    var otherFiles: [String: String] = [:]
    var tensors: [String: Tensor] = [:]
    var elementType = "F32"
    /// Changes the finished bytes of `model.safetensors`.
    var damage: (inout Data) -> Void = { _ in }

    init() {
        add("embeddings.word_embeddings.weight", [12, 8])
        add("embeddings.position_embeddings.weight", [10, 8])
        add("embeddings.token_type_embeddings.weight", [2, 8])
        addNorm("embeddings.LayerNorm")
        for layer in 0..<2 {
            let path = "encoder.layer.\(layer)"
            for name in ["self.query", "self.key", "self.value", "output.dense"] {
                addLinear("\(path).attention.\(name)", 8, 8)
            }
            addNorm("\(path).attention.output.LayerNorm")
            addLinear("\(path).intermediate.dense", 8, 12)
            addLinear("\(path).output.dense", 12, 8)
            addNorm("\(path).output.LayerNorm")
        }
    }

    private mutating func add(_ name: String, _ shape: [Int], offset: Float = 0) {
        let count = shape.reduce(1, *)
        let seed = name.utf8.reduce(7) { ($0 * 31 + Int($1)) % 10_007 }
        // Multiples of 1/128 below 2: exact in bfloat16 and binary16 too.
        let values = (0..<count).map { Float((seed + $0 * 37) % 127 - 63) / 128 + offset }
        tensors[name] = Tensor(shape: shape, values: values)
    }

    private mutating func addLinear(_ path: String, _ inputSize: Int, _ outputSize: Int) {
        add("\(path).weight", [outputSize, inputSize])
        add("\(path).bias", [outputSize])
    }

    private mutating func addNorm(_ path: String) {
        add("\(path).weight", [8], offset: 1)
        add("\(path).bias", [8])
    }

    /// Writes the folder, runs `body` with its path and removes it.
    func withFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("tiny-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try JSONSerialization.data(withJSONObject: config, options: .sortedKeys).write(
            to: folder.appendingPathComponent("config.json"))
        try Data((vocabulary.joined(separator: "\n") + "\n").utf8).write(
            to: folder.appendingPathComponent("vocab.txt"))
        for (name, content) in otherFiles {
            let file = folder.appendingPathComponent(name)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(content.utf8).write(to: file)
        }
        var weights = try safetensors()
        damage(&weights)
        try weights.write(to: folder.appendingPathComponent("model.safetensors"))
        return try body(folder.path)
    }

    private func safetensors() throws -> Data {
        var header: [String: Any] = ["__metadata__": ["format": "pt"]]
        var data = Data()
        for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
            let start = data.count
            for value in tensor.values {
                switch elementType {
                case "BF16": append(UInt16(value.bitPattern >> 16), to: &data)
                case "F16": append(Self.binary16(value), to: &data)
                default: append(value.bitPattern, to: &data)
                }
            }
            header[name] = ["dtype": elementType, "shape": tensor.shape, "data_offsets": [start, data.count]]
        }
        return Self.file(header: try JSONSerialization.data(withJSONObject: header, options: .sortedKeys), data: data)
    }

    /// Length, header padded with spaces to a multiple of 8, data.
    static func file(header: Data, data: Data) -> Data {
        var file = Data()
        let padding = (8 - header.count % 8) % 8
        var length = UInt64(header.count + padding).littleEndian
        file.append(Data(bytes: &length, count: 8))
        file.append(header)
        file.append(Data(repeating: 0x20, count: padding))
        file.append(data)
        return file
    }

    private func append<Integer: FixedWidthInteger>(_ value: Integer, to data: inout Data) {
        var little = value.littleEndian
        data.append(Data(bytes: &little, count: MemoryLayout<Integer>.size))
    }

    /// Only for values that binary16 holds exactly and normal, or 0.
    private static func binary16(_ value: Float) -> UInt16 {
        let bits = value.bitPattern
        let sign = UInt16(bits >> 16 & 0x8000)
        if value == 0 { return sign }
        return sign | UInt16((bits >> 23 & 0xFF) - 112) << 10 | UInt16(bits >> 13 & 0x3FF)
    }
}
