import Testing

@testable import Embedding

@Suite struct AddedTokensTests {
    private func found(_ tokens: [String], in text: String, _ range: Range<Int>? = nil) -> [String] {
        let added = AddedTokens(tokens.enumerated().map { .init(id: Int32($0), utf8: Array($1.utf8)) })
        let utf8 = Array(text.utf8)
        var range = range ?? 0..<utf8.count
        var found: [String] = []
        while let (start, token) = added.first(in: utf8.span, range) {
            found.append("\(start):\(tokens[Int(token.id)])")
            range = min(start + token.utf8.count, range.upperBound)..<range.upperBound
        }
        return found
    }

    /// One first byte is searched for eight bytes at a time, several byte by byte.
    @Test func everyPlaceIsSeen() {
        for others in [[], ["<b>"], ["é"]] {
            let tokens = ["[A]"] + others
            for count in 0..<20 {
                let text = String(repeating: "[", count: count) + "[A]" + String(repeating: "x", count: count)
                #expect(found(tokens, in: text) == ["\(count):[A]"])
                #expect(found(tokens, in: String(text.dropLast(count + 1))) == [])
            }
            #expect(found(tokens, in: "[A][A] [B] [A") == ["0:[A]", "3:[A]"])
        }
        #expect(found(["[A]", "é"], in: "aé[A]") == ["1:é", "3:[A]"])
        #expect(found([], in: "[A]") == [] && found([""], in: "[A]") == [])
    }

    @Test func theLongestOneCounts() {
        #expect(found(["[A", "[A]", "[A]]"], in: "[A]] [A] [A") == ["0:[A]]", "5:[A]", "9:[A"])
    }

    @Test func onlyTheStartHasToLieInTheRange() {
        #expect(found(["[A]"], in: "x[A][A]", 0..<2) == ["1:[A]"])
        #expect(found(["[A]"], in: "x[A][A]", 2..<4) == [])
    }
}
