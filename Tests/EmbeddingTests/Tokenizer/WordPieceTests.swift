import Testing

@testable import Embedding

@Suite struct WordPieceTests {
    private let tokens = ["[UNK]", "un", "##aff", "##able", "unaff", "##é", "a", "##a", "#", "##"]

    private func split(_ word: String, maximumScalars: Int = 10) -> [String] {
        let vocabulary = Vocabulary(VocabularyList(tokens), continuationPrefix: Array("##".utf8))
        let wordPiece = WordPiece(vocabulary: vocabulary, unknownID: 0, maximumScalarsPerWord: maximumScalars)
        let bytes = Array(word.utf8)
        var found = TokenList(keepsRanges: true)
        wordPiece.split(0..<bytes.count, of: (bytes + [UInt8](repeating: 0x61, count: 8)).span, into: &found)
        return zip(found.ids, found.ranges).map { id, range in
            "\(vocabulary.token(of: id) ?? "?"):\(String(decoding: bytes[range], as: UTF8.self))"
        }
    }

    @Test func longestPieceFirst() {
        #expect(split("unaffable") == ["unaff:unaff", "##able:able"])
        #expect(split("unable") == ["un:un", "##able:able"])
        #expect(split("aé") == ["a:a", "##é:é"])
    }

    @Test func oneUnknownPartMakesTheWordUnknown() {
        #expect(split("unx") == ["[UNK]:unx"])
        #expect(split("x") == ["[UNK]:x"])
        // The first byte of é is no piece, and neither is é at the start of a word.
        #expect(split("é") == ["[UNK]:é"])
    }

    @Test func longWordsAreUnknownByScalarsNotBytes() {
        #expect(split(String(repeating: "a", count: 11)) == ["[UNK]:" + String(repeating: "a", count: 11)])
        #expect(split("a" + String(repeating: "é", count: 9)).count == 10)
        #expect(split("a" + String(repeating: "é", count: 10)).count == 1)
    }

    @Test func vocabularyLooksUpByBytes() {
        let vocabulary = Vocabulary(
            VocabularyList(["\u{E9}", "e\u{301}", "x", "x"]), continuationPrefix: Array("##".utf8))
        #expect(vocabulary.id(of: "\u{E9}") == 0 && vocabulary.id(of: "e\u{301}") == 1)
        #expect(vocabulary.id(of: "x") == 3, "of equal tokens the last counts")
        #expect(vocabulary.id(of: "y") == nil && vocabulary.id(of: "") == nil)
        #expect(vocabulary.token(of: -1) == nil && vocabulary.token(of: 4) == nil)
    }
}
