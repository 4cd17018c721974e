import Testing

@testable import VectorIndex

@Suite struct RowFormatTests {
    /// Files hold the places in these lists.
    @Test func numbersAreForever() {
        #expect(IndexFile.rowFormats == [.float32, .bfloat16, .float16])
        #expect(IndexFile.codeSchemes == [.automatic, .none, .oneBit, .fourBit, .eightBit])
        #expect(Set(IndexFile.rowFormats) == Set(RowFormat.allCases))
        #expect(Set(IndexFile.codeSchemes) == Set(CodeScheme.allCases))
    }

    @Test func sizes() {
        #expect(RowFormat.allCases.map(\.componentBytes) == [4, 2, 2])
        #expect(RowFormat.float16.largestComponent == 65_504)
    }
}
