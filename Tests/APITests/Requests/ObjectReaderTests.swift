import CRM
import Store
import Testing

@testable import API

@Suite struct ObjectReaderTests {
    private func decode<T>(_ text: String, _ read: (ObjectReader) -> T) throws -> T {
        try JSONBody.decode(JSONParser.parse(Array(text.utf8)), read)
    }

    private func violations<T>(_ text: String, _ read: (ObjectReader) -> T) -> [String] {
        do {
            _ = try decode(text, read)
            return []
        } catch let problem as Problem {
            return problem.errors.map { ($0.pointer ?? "?") + " " + $0.code }
        } catch { return ["\(error)"] }
    }

    @Test func readsMembersInTheirForms() throws {
        let text = """
            {"name": "  Cafe\u{301} ", "role": "agent", "count": 3, "share": 0.5, "flag": true, "at": \
            "2025-06-14T13:30:00+04:00", "id": "0198B3F0-7A11-7011-8C4D-2F6B9E1A0101", "mail": "A@b.c", \
            "tags": ["x", "y"], "price": {"amount_minor": 9007199254740993}, "secret": " s "}
            """
        let ok = try decode(text) { body in
            body.required("name") { $0.text(1...10) } == "Café"
                && body.required("role") { $0.choice(Role.self) } == .agent
                && body.required("count") { $0.int(1...5) } == 3
                && body.required("share") { $0.number(0...1) } == 0.5
                && body.required("flag") { $0.bool() }
                && body.required("at") { $0.timestamp() }.milliseconds == 1_749_893_400_000
                && body.required("id") { $0.id() } == "0198b3f0-7a11-7011-8c4d-2f6b9e1a0101"
                && body.required("mail") { $0.email() }.key == "a@b.c"
                && body.required("tags") { $0.uniqueArray(0...3) { $0.text(1...5) } } == ["x", "y"]
                && body.required("price") { $0.object { $0.required("amount_minor") { $0.integer(0 ... .max) } } }
                    == 9_007_199_254_740_993
                && body.required("secret") { $0.secret(1...5) } == " s "
                && body.optional("absent") { $0.bool() } == nil
        }
        #expect(ok)
    }

    @Test func listsEveryViolationWithItsPointer() {
        let text = #"""
            {"name": " ", "count": 1.0, "list": ["a", 5, "a\u0000"], "inner": {"x": null, "y/~": 1, "z": 2},
             "role": "boss", "long": "abcdef", "extra": 1, "bounds": 9}
            """#
        let found = violations(text) { body in
            _ = body.required("name") { $0.text(1...10) }
            _ = body.required("count") { $0.int(1...5) }
            _ = body.required("list") { $0.array(0...3) { $0.text(1...5) } }
            body.required("inner") { inner in
                inner.object { object in
                    _ = object.optional("x") { $0.bool() }
                    _ = object.required("y/~") { $0.text(1...5) }
                }
            }
            _ = body.required("role") { $0.choice(Role.self) }
            _ = body.required("long") { $0.text(1...5) }
            _ = body.required("missing") { $0.object { $0.required("deep") { $0.email() } } }
            _ = body.required("bounds") { $0.int(1...5) }
        }
        #expect(
            found == [
                "/name required", "/count wrong_type", "/list/1 wrong_type", "/list/2 invalid_format",
                "/inner/x wrong_type", "/inner/y~1~0 wrong_type", "/inner/z unknown_member", "/role unknown_value",
                "/long too_long", "/missing required", "/bounds out_of_range", "/extra unknown_member",
            ])
    }

    @Test func patchesTellAbsentNullAndValueApart() throws {
        let patches = try decode(#"{"a": null, "b": " ", "c": "x"}"#) { body in
            ["a", "b", "c", "d"].map { name in body.patch(name) { $0.text(1...5) } }
        }
        #expect(patches == [.clear, .clear, .set("x"), .keep])
        #expect(patches[3].applied(to: "old") == "old" && patches[0].applied(to: "old") == nil)
        #expect(violations(#"{"a": null}"#) { $0.patchRequired("a") { $0.text(1...5) } } == ["/a required"])
    }

    @Test func theBodyItselfMustBeAnObject() {
        #expect(violations("[1]") { $0.required("a") { $0.text(1...5) } } == [" wrong_type"])
    }

    @Test func violationsAreCapped() {
        let text = "[" + Array(repeating: "1", count: 500).joined(separator: ",") + "]"
        let found = violations("{\"a\":\(text)}") { $0.required("a") { $0.array(0...500) { $0.text(1...5) } } }
        #expect(found.count == Problem.maximumErrors)
    }

    @Test func lengthsCountScalars() {
        #expect(violations(#"{"a":"🏠🏠🏠"}"#) { $0.required("a") { $0.text(1...3) } } == [])
        #expect(violations(#"{"a":"🏠🏠🏠🏠"}"#) { $0.required("a") { $0.text(1...3) } } == ["/a too_long"])
    }
}
