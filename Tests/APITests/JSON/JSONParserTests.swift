import API
import Foundation
import NIOCore
import TestSupport
import Testing

@Suite struct JSONParserTests {
    private func parse(_ text: String, maximumDepth: Int = 32) throws -> JSONValue {
        try JSONParser.parse(Array(text.utf8), maximumDepth: maximumDepth)
    }

    @Test func readsEveryKindOfValue() throws {
        let value = try parse(#" {"a":[1,-2.5,1e3,true,false,null],"b":{"":"x\u00e9\n\ud83c\udfe0\/"}} "#)
        guard case .object(let object) = value, case .object(let inner)? = object["b"] else {
            Issue.record("no object: \(value)")
            return
        }
        #expect(object.names == ["a", "b"])
        #expect(object["a"] == .array([.integer(1), .number(-2.5), .number(1_000), .bool(true), .bool(false), .null]))
        #expect(inner[""] == .string("xé\n🏠/"))
        #expect(try parse("9223372036854775807") == .integer(.max))
        #expect(try parse("9223372036854775808") == .number(9_223_372_036_854_775_808))
        #expect(try parse("-0") == .integer(0))
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1,]", "{\"a\":1,}", "{a:1}", "{'a':1}", "01", "1.", ".5", "+1", "1e", "- 1", "NaN",
        "Infinity", "1e999", "tru", "nulll", "\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"",
        "\"\\udc00\"", "\"\n\"", "1 2", "[1] x", "\u{FEFF}{}", "//x\n1", "{\"a\" 1}", "[1 2]", "\"\\",
    ])
    func refusesWhatIsNotJSON(text: String) {
        #expect(throws: JSONParseError.self) { try parse(text) }
    }

    @Test func refusesBadUTF8DuplicatesAndDepth() {
        #expect(throws: JSONParseError.badUTF8(offset: 1)) {
            try JSONParser.parse([UInt8(ascii: "["), 34, 0xC3, 0x28, 34, UInt8(ascii: "]")])
        }
        #expect(throws: JSONParseError.duplicateName(offset: 7, name: "a")) { try parse(#"{"a":1,"\u0061":2}"#) }
        #expect(throws: JSONParseError.tooDeep(offset: 2, limit: 2)) { try parse("[[[]]]", maximumDepth: 2) }
        #expect(throws: JSONParseError.tooDeep(offset: 32, limit: 32)) {
            try parse(String(repeating: "[", count: 100_000))
        }
    }

    /// Foundation reads what we write, and we read what Foundation writes.
    @Test func agreesWithFoundationOnRandomValues() throws {
        let seed: UInt64 = 21
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let value = Self.value(depth: 0, &random)
            let text = Array(JSONWriter.encode(JSONValue.array([value])).readableBytesView)
            #expect(try JSONParser.parse(text) == .array([value]), "seed \(seed)")
            let foreign = try JSONSerialization.data(withJSONObject: JSONSerialization.jsonObject(with: Data(text)))
            #expect(try JSONParser.parse([UInt8](foreign)) == .array([value]), "seed \(seed)")
        }
    }

    /// Damaged texts give an error or another value, never a crash.
    @Test func survivesDamage() throws {
        let seed: UInt64 = 22
        var random = SeededGenerator(seed: seed)
        var refused = 0
        for _ in 0..<500 {
            var text = Array(JSONWriter.encode(JSONValue.array([Self.value(depth: 0, &random)])).readableBytesView)
            for _ in 0..<3 {
                text[Int.random(in: text.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if (try? JSONParser.parse(text)) == nil { refused += 1 }
        }
        #expect(refused > 200, "seed \(seed)")
    }

    static func value(depth: Int, _ random: inout SeededGenerator) -> JSONValue {
        switch Int.random(in: 0..<(depth > 3 ? 5 : 7), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .integer(Int64.random(in: -1_000_000...1_000_000, using: &random))
        // A quarter is exact in binary and never a whole number.
        case 3: return .number(Double(Int.random(in: -1_000...1_000, using: &random)) + 0.25)
        case 4: return .string(string(&random))
        case 5: return .array((0..<Int.random(in: 0..<5, using: &random)).map { _ in value(depth: depth + 1, &random) })
        default:
            var object = JSONObject()
            for _ in 0..<Int.random(in: 0..<5, using: &random) {
                object.add(string(&random), value(depth: depth + 1, &random))
            }
            return .object(object)
        }
    }

    private static func string(_ random: inout SeededGenerator) -> String {
        let pool = Array("abc \"\\/\n\t\u{1}\u{7f}é漢🏠\u{2028}")
        let count = Int.random(in: 0..<8, using: &random)
        return String((0..<count).map { _ in pool[Int.random(in: pool.indices, using: &random)] })
    }
}
