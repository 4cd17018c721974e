import API
import CRM
import NIOCore
import Store
import Testing

@Suite struct JSONWriterTests {
    private func text(_ value: some JSONWritable) -> String { String(buffer: JSONWriter.encode(value)) }

    @Test func leavesOutNilAndKeepsTheOrder() {
        let value = JSONDocument { members in
            members.member("z", 1)
            members.member("gone", String?.none)
            members.member("role", Role.agent)
            members.member("at", Timestamp(milliseconds: 0))
            members.object("inner") { $0.member("list", [1.5, 2]) }
            members.member("map", ["b": true, "a": false])
            members.object("empty") { _ in }
        }
        #expect(
            text(value)
                == #"{"z":1,"role":"agent","at":"1970-01-01T00:00:00.000Z","inner":{"list":[1.5,2]},"#
                + #""map":{"a":false,"b":true},"empty":{}}"#)
    }

    @Test func escapesWhatMustBe() {
        #expect(text("a\"\\\n\r\t\u{0}\u{1f}\u{7f}é🏠") == #""a\"\\\n\r\t\u0000\u001f"# + "\u{7f}é🏠\"")
    }

    @Test func numbersReadBack() {
        #expect(text(Double.nan) == "null")
        #expect(text(0.1) == "0.1")
        #expect(text(1e300) == "1e+300")
        #expect(text(-3.0) == "-3")
        #expect(text(Int64.min) == "-9223372036854775808")
    }
}
