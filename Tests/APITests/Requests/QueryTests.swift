import CRM
import Testing

@testable import API

@Suite struct QueryTests {
    private func failure<T>(_ query: String, _ read: (QueryReader) -> T) -> (ProblemCode, [String])? {
        do {
            _ = try Query.decode(query, read)
            return nil
        } catch { return (error.code, error.errors.map { ($0.parameter ?? "?") + " " + $0.code }) }
    }

    @Test func readsAndDecodes() throws {
        let ok = try Query.decode("q=marina+gate%20%D8%AF&status=a&status=b&limit=200&on=true&role=agent&x") { query in
            query.string("q") == "marina gate د" && query.strings("status") == ["a", "b"]
                && query.page() == PageRequest(limit: 200, offset: 0) && query.bool("on") == true
                && query.choice("role", Role.self) == .agent && query.string("x") == nil && query.id("none") == nil
        }
        #expect(ok)
    }

    @Test func refusesUnknownRepeatedAndOutOfRange() throws {
        let unknown = try #require(failure("limit=5&lmit=7&a=1") { $0.page() })
        #expect(unknown == (.unknownParameter, ["a unknown_parameter", "lmit unknown_parameter"]))
        let bad = try #require(failure("limit=0&offset=1&offset=2&x=1") { $0.page() })
        #expect(bad == (.invalidParameter, ["limit out_of_range", "offset repeated", "x unknown_parameter"]))
        for text in ["1.5", "%2B5", "5x", "99999999999999999999", "٥"] {
            #expect(failure("limit=\(text)") { $0.page() }?.1 == ["limit invalid_format"], "\(text)")
        }
        #expect(failure("q=%ZZ") { $0.string("q") }?.0 == .invalidParameter)
        #expect(failure("q=%FF") { $0.string("q") }?.0 == .invalidParameter)
        #expect(failure("q=%00") { $0.string("q") }?.1 == ["q invalid_format"])
        let many = Array(repeating: "a=1", count: 101).joined(separator: "&")
        #expect(failure(many) { $0.strings("a") }?.0 == .invalidParameter)
    }

    @Test func sorts() throws {
        let keys = try Query.decode("sort=-created_at,title") { $0.sort(["created_at", "title"], default: "title") }
        #expect(
            keys == [
                SortKey(field: "created_at", isDescending: true), SortKey(field: "title", isDescending: false),
            ])
        let standard = try Query.decode("") { $0.sort(["title"], default: "-title") }
        #expect(standard == [SortKey(field: "title", isDescending: true)])
        let fields = ["title", "a", "b", "c", "d"]
        for text in ["size", "title,title", "title,", "--title", "a,b,c,d"] {
            #expect(failure("sort=\(text)") { $0.sort(fields, default: "title") } != nil, "\(text)")
        }
    }
}
