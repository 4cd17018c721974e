import Foundation
import Testing

@testable import Embedding

@Suite struct VocabularyScannerTests {
    private func tokens(_ list: VocabularyList) -> [String] {
        list.ranges.map { String(decoding: list.bytes[$0], as: UTF8.self) }
    }

    private func scan(_ file: String) throws -> [String]? {
        try VocabularyScanner(file: Array(file.utf8)).readVocabulary().map { tokens($0.list) }
    }

    @Test func findsTheObjectBehindWhateverStandsBefore() throws {
        let vocabulary = #"{ "a" : 0 , "b##":1 }"#
        for before in [
            "", #""x": "}{\"vocab\":", "#, #""list": [{"model": {"vocab": {"no": 0}}}, [], "]"], "n": -1.5e3, "#,
            #""vocab": {"no": 0}, "#,
        ] {
            let file = "\n{\(before)\"model\": {\"type\": \"WordPiece\", \"vocab\":\t\(vocabulary), \"z\": 1}}"
            let found = try #require(try VocabularyScanner(file: Array(file.utf8)).readVocabulary())
            #expect(tokens(found.list) == ["a", "b##"])
            #expect(String(decoding: Array(file.utf8)[found.object], as: UTF8.self) == vocabulary)
        }
        #expect(try scan(#"{"model": {"vocab": {}}}"#) == [])
    }

    @Test func escapesAreRead() throws {
        let file = #"{"m\u006fdel":{"vocab":{"\"":0,"\\\/":1,"a\u00e9b":2,"\ud83C\uDFE0!":3,"\b\f\n\r\t":4,"é":5}}}"#
        #expect(try scan(file) == ["\"", "\\/", "aéb", "🏠!", "\u{8}\u{C}\n\r\t", "é"])
    }

    @Test func idsComeInAnyOrderButAllOnce() throws {
        #expect(try scan(#"{"model":{"vocab":{"c":2,"a":0,"b":1}}}"#) == ["a", "b", "c"])
        for ids in [[1], [0, 0], [0, 2], [0, 1, 1], [999_999_999]] {
            let entries = ids.enumerated().map { "\"\($0)\":\($1)" }.joined(separator: ",")
            #expect(throws: VocabularyScanner.Problem.self, "\(ids)") {
                try scan("{\"model\":{\"vocab\":{\(entries)}}}")
            }
        }
    }

    @Test func brokenObjectsAreProblemsAndNeverTraps() {
        for object in [
            "{", #"{"a""#, #"{"a":}"#, #"{"a":0"#, #"{"a":0,}"#, #"{"a":0 "b":1}"#, #"{a:0}"#, #"{"a":-1}"#,
            #"{"a":00}"#, #"{"a":1e0}"#, #"{"a":0.0}"#, #"{"a":"0"}"#, #"{"a":12345678901234567890}"#, #"{"a\":0}"#,
            #"{"\x":0}"#, #"{"\u12":0}"#, #"{"\u12G4":0}"#, #"{"\ud800":0}"#, #"{"\ud800\n":0}"#, #"{"\ud800A":0}"#,
            #"{"\udc00":0}"#, "{\"a\nb\":0}", "{\"\\n\u{1}\":0}", #"{"\"#, #"{"\u"#, #"{"\ud800\u"#, #"{"a":0]}"#,
        ] {
            #expect(throws: VocabularyScanner.Problem.self, "\(object)") {
                try scan("{\"model\":{\"vocab\":" + object)
            }
        }
    }

    @Test func filesWithoutTheObjectHaveNone() throws {
        for file in [
            "", "null", "[]", "{", "{}", #"{"model": {}}"#, #"{"model": []}"#, #"{"model": {"vocab": []}}"#,
            #"{"model": {"a": "}"#, #"{"model""#, #"{"a": [[[, "model": {"vocab": {"a": 0}}}"#, #"{"a\"#, #"{1: 2}"#,
            #"{"a": "\"#,
        ] {
            #expect(try scan(file) == nil, "\(file)")
        }
    }

    /// A file that is cut anywhere gives nothing or a problem, and the whole one what Foundation reads from it.
    @Test func everyPrefixIsSafe() throws {
        let file = Array(#"{"a":[1,{"b":"\\"}],"model":{"k":"v","vocab":{"x":1,"\u0041\"":0}}}"#.utf8)
        struct File: Decodable {
            struct Model: Decodable { var vocab: [String: Int] }
            var model: Model
        }
        let expected = try JSONDecoder().decode(File.self, from: Data(file)).model.vocab
        let list = try #require(try VocabularyScanner(file: file).readVocabulary()).list
        #expect(Dictionary(uniqueKeysWithValues: tokens(list).enumerated().map { ($1, $0) }) == expected)
        for count in 0..<(file.count - 2) {
            let found = try? VocabularyScanner(file: Array(file.prefix(count))).readVocabulary()
            #expect(found == nil, "\(count) bytes")
        }
    }

    @Test func listsOfLines() {
        func lines(_ text: String) -> [String] { tokens(VocabularyList(lines: Array(text.utf8))) }
        #expect(lines("") == [])
        #expect(lines("a\nb") == ["a", "b"])
        #expect(lines("a\r\n\n\r\nb\r\n") == ["a", "", "", "b"])
        #expect(lines("é\r") == ["é"])
        #expect(VocabularyList(["a", "é"]).allBytes == Array("a\né\n".utf8))
    }
}
