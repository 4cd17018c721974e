/// A hash that tells models apart: 256 bits, the same on every machine and in every run.
///
/// Covers settings, vocabulary, the whole header of the weights and a sample of each tensor (its first, middle and
/// last `sampleSizeBytes`), not all 90 MB: a fine-tuned model differs everywhere, so the sample sees it, but a
/// hand-made change of a few weights in between goes unseen. Made to notice a mix-up, not to resist an attacker.
struct Fingerprint {
    static let sampleSizeBytes = 64

    private var lanes: [UInt64] = [
        0x243F_6A88_85A3_08D3, 0x1319_8A2E_0370_7344, 0xA409_3822_299F_31D0, 0x082E_FA98_EC4E_6C89,
    ]
    private var wordCount = 0

    mutating func add(_ text: String) {
        add(Array(text.utf8))
    }

    // Values alone, in a fixed order: renaming a property must not change the fingerprint of a model.
    mutating func add(_ configuration: BERTConfiguration) {
        let sizes = [
            configuration.hiddenSize, configuration.layerCount, configuration.headCount,
            configuration.intermediateSize, configuration.vocabularySize, configuration.maximumPositions,
            configuration.typeCount,
        ]
        add("\(sizes) \(configuration.layerNormEpsilon.bitPattern)")
    }

    mutating func add(_ settings: BERTTokenizer.Settings) {
        let normalizer = settings.normalizer
        let switches = [
            normalizer.cleansText, normalizer.isolatesChineseCharacters, normalizer.stripsAccents,
            normalizer.lowercases,
        ]
        add("\(switches) \(settings.maximumScalarsPerWord)")
        add("\([settings.unknownID, settings.classID, settings.separatorID])")
        for token in settings.addedTokens { add(token.utf8) }
    }

    mutating func add(_ vocabulary: Vocabulary) {
        add(vocabulary.list.allBytes)
        add("\(vocabulary.count)")
    }

    mutating func add(_ weights: WeightsFile) {
        add("\(weights.sizeBytes)")
        add(weights.bytes(0..<weights.headerSizeBytes))
        for name in weights.tensors.keys.sorted() {
            guard let range = weights.tensors[name]?.byteRange else { continue }
            let middle = range.lowerBound + range.count / 2
            for start in [range.lowerBound, middle, range.upperBound - Self.sampleSizeBytes] {
                let sample = (start..<(start + Self.sampleSizeBytes)).clamped(to: range)
                add(weights.bytes(sample))
            }
        }
    }

    /// Adds bytes and how many they were, so that the borders between additions count.
    mutating func add(_ bytes: [UInt8]) {
        var word: UInt64 = 0
        var filled = 0
        for byte in bytes {
            word |= UInt64(byte) << UInt64(filled * 8)
            filled += 1
            if filled == 8 {
                add(word)
                (word, filled) = (0, 0)
            }
        }
        add(word)
        add(UInt64(bytes.count))
    }

    /// 64 hexadecimal digits.
    func hexadecimal() -> String {
        var final = self
        for _ in 0..<8 { final.add(UInt64(wordCount)) }
        return final.lanes.map { lane in
            let digits = String(lane, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    private mutating func add(_ word: UInt64) {
        let lane = wordCount & 3
        let next = (wordCount + 1) & 3
        let product = (lanes[lane] ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        // Multiply, fold by addition, stir into the next lane: every word reaches all lanes within four steps.
        lanes[lane] = product.low &+ product.high &+ UInt64(wordCount)
        lanes[next] ^= (lanes[lane] << 23 | lanes[lane] >> 41)
        wordCount += 1
    }
}
