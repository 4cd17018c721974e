import Store
import Testing

struct SQLRowTests {
    private let row = SQLRow([.null, .integer(7), .real(1.5), .text("x"), .blob([1, 2])])

    @Test func gettersReturnTheirOwnTypes() throws {
        #expect(try row.int(1) == 7)
        #expect(try row.real(2) == 1.5)
        #expect(try row.real(1) == 7)
        #expect(try row.text(3) == "x")
        #expect(try row.blob(4) == [1, 2])
        #expect(try row.bool(1))
        #expect(try row.optionalInt(0) == nil)
        #expect(try row.optionalText(3) == "x")
        #expect(try row.optionalReal(0) == nil)
        #expect(row.isNull(0) && !row.isNull(1))
    }

    @Test func anotherTypeIsNamedInTheError() {
        #expect(throws: StoreError.unexpectedColumn(index: 3, expected: "integer", found: "text")) { try row.int(3) }
        #expect(throws: StoreError.unexpectedColumn(index: 1, expected: "text", found: "integer")) { try row.text(1) }
        #expect(throws: StoreError.unexpectedColumn(index: 2, expected: "blob", found: "real")) { try row.blob(2) }
        #expect(throws: StoreError.unexpectedColumn(index: 4, expected: "real", found: "blob")) { try row.real(4) }
        #expect(throws: StoreError.unexpectedColumn(index: 0, expected: "integer", found: "null")) { try row.bool(0) }
    }

    @Test func columnsBeyondTheEndAreNull() {
        #expect(row[5] == .null)
        #expect(row[-1] == .null)
        #expect(throws: StoreError.unexpectedColumn(index: 9, expected: "text", found: "null")) { try row.text(9) }
    }

    @Test func valuesConvert() {
        #expect(5.sqlValue == .integer(5))
        #expect(Int64.min.sqlValue == .integer(.min))
        #expect(true.sqlValue == .integer(1))
        #expect(0.5.sqlValue == .real(0.5))
        #expect("é".sqlValue == .text("é"))
        #expect([UInt8(3)].sqlValue == .blob([3]))
        #expect(String?.none.sqlValue == .null)
        #expect(Optional("a").sqlValue == .text("a"))
    }
}
