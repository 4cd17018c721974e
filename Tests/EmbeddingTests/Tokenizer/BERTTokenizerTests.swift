import Foundation
import Testing

@testable import Embedding

@Suite struct BERTTokenizerTests {
    private static func hash(_ encoding: Encoding) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        func add(_ number: Int) {
            for shift in stride(from: 0, to: 32, by: 8) {
                hash = (hash ^ UInt64(number >> shift & 0xFF)) &* 0x100_0000_01B3
            }
        }
        for (id, range) in zip(encoding.ids, encoding.offsets) {
            add(Int(id))
            add(range.lowerBound)
            add(range.upperBound)
        }
        return hash
    }

    /// Ids and offsets of 10,000 texts as Hugging Face tokenizers gives them.
    @Test func equalsTheReferenceOnTenThousandLines() throws {
        let tokenizer = try TestModel.shared.get().tokenizer
        let lines = try GoldenReader.lines()
        var golden = try GoldenReader("tokens.bin")
        #expect(golden.number() == 10_000 && lines.count == 10_000)
        let fullCount = golden.number()
        let encodings = lines.map { tokenizer.encode($0, maximumTokens: .max) }
        var different: [Int] = []
        for i in lines.indices where Self.hash(encodings[i]) != golden.long() { different.append(i) }
        #expect(different.isEmpty, "\(different.count) lines differ, first: \(different.prefix(5).map { lines[$0] })")
        for _ in 0..<fullCount {
            let line = golden.number()
            var expected = Encoding()
            for _ in 0..<golden.number() {
                expected.ids.append(Int32(golden.number()))
                let start = golden.number()
                expected.offsets.append(start..<golden.number())
            }
            #expect(encodings[line] == expected, "line \(line): \(lines[line].debugDescription)")
        }
    }

    /// The original text under each offset spells the token, up to case, accents and what cleaning drops.
    @Test func offsetsSliceTheOriginalText() throws {
        let tokenizer = try TestModel.shared.get().tokenizer
        var checked = 0
        for line in try GoldenReader.lines() where line.unicodeScalars.allSatisfy({ $0.isASCII }) {
            let scalars = Array(line.unicodeScalars)
            let encoding = tokenizer.encode(line, maximumTokens: .max)
            for (id, range) in zip(encoding.ids, encoding.offsets).dropFirst().dropLast() {
                let slice = String(String.UnicodeScalarView(scalars[range]))
                guard let token = tokenizer.vocabulary.token(of: id) else {
                    Issue.record("id \(id) is no token")
                    continue
                }
                checked += 1
                if token == "[UNK]" || slice == token { continue }
                let piece = token.hasPrefix("##") && token.count > 2 ? String(token.dropFirst(2)) : token
                let kept = slice.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }
                #expect(String(String.UnicodeScalarView(kept)).lowercased() == piece, "in \(line.debugDescription)")
            }
        }
        #expect(checked > 40_000)
    }

    @Test func countAndOffsetsAgreeWithTheEncoding() throws {
        let tokenizer = try TestModel.shared.get().tokenizer
        for line in try GoldenReader.lines().prefix(400) {
            let encoding = tokenizer.encode(line, maximumTokens: .max)
            #expect(tokenizer.tokenOffsets(line) == Array(encoding.offsets.dropFirst().dropLast()))
            #expect(tokenizer.countTokens(line) == encoding.ids.count - 2)
        }
    }

    @Test func truncationKeepsTheSpecialTokens() throws {
        let tokenizer = try TestModel.shared.get().tokenizer
        let text = String(repeating: "flat in the harbour ", count: 100)
        let whole = tokenizer.encode(text, maximumTokens: .max)
        let cut = tokenizer.encode(text, maximumTokens: 256)
        #expect(cut.ids.count == 256 && cut.ids.last == whole.ids.last)
        #expect(cut.ids.dropLast() == whole.ids.prefix(255))
        for limit in [2, 0, -1, .min] { #expect(tokenizer.encode(text, maximumTokens: limit).ids == [101, 102]) }
        #expect(cut.attentionMask == [Int32](repeating: 1, count: 256))
    }

    /// Blocks of 16 KiB are tokenized one after the other: their seams must not show.
    @Test func longTextsEqualTheirParts() throws {
        let tokenizer = try TestModel.shared.get().tokenizer
        let part = "Café Zürich, sea-view flat e\u{301}\u{1D165} 漢字 [SEP] "
        let one = tokenizer.encode(part, maximumTokens: .max)
        let count = 2_000
        let all = tokenizer.encode(String(repeating: part, count: count), maximumTokens: .max)
        let length = part.unicodeScalars.count
        let inner = zip(one.ids, one.offsets).dropFirst().dropLast()
        #expect(all.ids.count == inner.count * count + 2)
        for (i, (id, range)) in zip(all.ids, all.offsets).dropFirst().dropLast().enumerated() {
            let (expected, place) = inner[inner.startIndex + i % inner.count]
            let shift = i / inner.count * length
            guard id == expected, range == (place.lowerBound + shift)..<(place.upperBound + shift) else {
                Issue.record("token \(i) differs")
                return
            }
        }
    }
}
