import Foundation
import Testing

@testable import Embedding

/// 100,000 random texts, against digests of what Hugging Face tokenizers makes of them, and against each other.
@Suite struct TokenizerFuzzTests {
    private static let blocks = 1_000
    /// Each part is a test case of its own, so that parts run side by side.
    private static let parts = 8

    private static let vocabulary = Result { () throws -> [FuzzTexts.Scalars] in
        let vocabulary = try TestModel.shared.get().tokenizer.vocabulary
        return (0..<vocabulary.count).map { id in
            (vocabulary.token(of: Int32(id)) ?? "").unicodeScalars.map(\.value)
        }
    }

    /// FNV-1a of 64 bits, number by number instead of byte by byte.
    private struct Digest {
        private(set) var state: UInt64 = 0xCBF2_9CE4_8422_2325

        mutating func add(_ number: Int) { state = (state ^ UInt64(number)) &* 0x100_0000_01B3 }
    }

    private static func string(_ scalars: FuzzTexts.Scalars) -> String {
        var text = String.UnicodeScalarView()
        for scalar in scalars { if let scalar = Unicode.Scalar(scalar) { text.append(scalar) } }
        return String(text)
    }

    @Test(arguments: 0..<parts) func equalsTheReference(part: Int) throws {
        let tokenizer = try TestModel.shared.get().tokenizer
        let vocabulary = try Self.vocabulary.get()
        let golden = try GoldenReader.fuzzDigests()
        try #require(golden.count == Self.blocks)
        for block in stride(from: part, to: Self.blocks, by: Self.parts) {
            var texts = Digest()
            var tokens = Digest()
            for scalars in FuzzTexts.block(block, vocabulary: vocabulary) {
                texts.add(scalars.count)
                for scalar in scalars { texts.add(Int(scalar)) }
                let encoding = tokenizer.encode(Self.string(scalars), maximumTokens: .max)
                tokens.add(encoding.ids.count)
                for i in encoding.ids.indices {
                    tokens.add(Int(encoding.ids[i]))
                    tokens.add(encoding.offsets[i].lowerBound)
                    tokens.add(encoding.offsets[i].upperBound)
                }
            }
            try #require(
                texts.state == golden[block].texts,
                "block \(block): FuzzTexts.swift and make_fuzz.py make different texts")
            #expect(
                tokens.state == golden[block].tokens,
                """
                block \(block), texts \(block * FuzzTexts.textsPerBlock) and on: ids or offsets differ from the \
                reference; print its tokens with make_fuzz.py MODEL_FOLDER --block \(block)
                """)
        }
    }

    /// All ways to ask say the same, cut or not, and offsets stay in order and inside the text.
    @Test func everyWayToAskAgrees() throws {
        let tokenizer = try TestModel.shared.get().tokenizer
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = FuzzTexts(seed: seed, vocabulary: try Self.vocabulary.get())
        var appended: [Int32] = []
        for i in 0..<2_000 {
            let scalars = generator.text()
            let text = Self.string(scalars)
            let limit = generator.below(3) == 0 ? generator.below(12) : .max
            let whole = tokenizer.encode(text, maximumTokens: .max)
            let cut = tokenizer.encode(text, maximumTokens: limit)
            let before = appended.count
            tokenizer.encodeIDs(text, maximumTokens: limit, into: &appended)
            let kept = min(whole.ids.count, max(limit, BERTTokenizer.specialTokenCount)) - 1
            let label: Comment = "text \(i) of seed \(seed), cut to \(limit): \(text.debugDescription)"
            #expect(appended[before...] == cut.ids[...], label)
            #expect(cut.ids == whole.ids.prefix(kept) + [102], label)
            #expect(cut.offsets == whole.offsets.prefix(kept) + [0..<0], label)
            #expect(tokenizer.countTokens(text) == whole.ids.count - 2, label)
            let offsets = tokenizer.tokenOffsets(text)
            #expect(offsets[...] == whole.offsets.dropFirst().dropLast(), label)
            for (left, right) in zip(offsets, offsets.dropFirst()) {
                #expect(left.lowerBound <= right.lowerBound && left.upperBound <= right.upperBound, label)
            }
            #expect(offsets.last?.upperBound ?? 0 <= scalars.count, label)
        }
    }
}

extension GoldenReader {
    /// For each block of the fuzz the digests of its texts and of their tokens.
    static func fuzzDigests() throws -> [(texts: UInt64, tokens: UInt64)] {
        let lines = try String(contentsOf: url("fuzz.txt"), encoding: .utf8).split(separator: "\n")
        return lines.map { line in
            let numbers = line.split(separator: " ").map { UInt64($0, radix: 16) ?? 0 }
            return (numbers.first ?? 0, numbers.last ?? 0)
        }
    }
}
