/// Finds what the inputs of a model's linear layers range over, by running it in float32 on random tokens.
///
/// The inputs that need it are the same few for all texts: on MiniLM, factors from 512 random tokens keep as much of the
/// vectors as those from real sentences do.
enum Calibration {
    static let sequenceCount = 4
    static let tokensPerSequence = 128
    private static let seed: UInt64 = 0x5EED

    static func inputRanges(of folder: ModelFolder) throws(EmbeddingError) -> InputRanges {
        let configuration = folder.configuration
        let linears = try PackedLinears(packing: folder.weights, configuration, .float32)
        let model = try BERTModel(configuration: configuration, weights: folder.weights, linears: linears)
        var own = Activations()
        own.inputRanges = InputRanges(configuration)
        model.forward(TokenBatch(sequences(folder)), SharedActivations(), &own)
        return own.inputRanges ?? InputRanges(configuration)
    }

    /// [CLS], random ids of the whole vocabulary, [SEP].
    private static func sequences(_ folder: ModelFolder) -> [[Int32]] {
        let settings = folder.tokenizer.settings
        let count = max(1, min(tokensPerSequence, folder.maximumTokens) - BERTTokenizer.specialTokenCount)
        var generator = SplitMix64(state: seed)
        return (0..<sequenceCount).map { _ in
            let ids = (0..<count).map { _ in
                Int32.random(in: 0..<Int32(folder.tokenizer.vocabulary.count), using: &generator)
            }
            return [settings.classID] + ids + [settings.separatorID]
        }
    }

    /// Steele, Lea, Flood 2014: the same numbers on every machine.
    private struct SplitMix64: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ z >> 30) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
            return z ^ z >> 31
        }
    }
}
