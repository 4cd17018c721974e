import ArgumentParser
import Testing

@testable import propertypro

@Suite struct BenchmarkPartTests {
    @Test func listsAreRead() throws {
        #expect(try BenchmarkPart.parse("curve") == [.curve])
        #expect(try BenchmarkPart.parse("open,exact") == [.open, .exact])
        #expect(try BenchmarkPart.parse(BenchmarkPart.names) == BenchmarkPart.allCases)
    }

    @Test(arguments: ["", "curve,", "curves", "curve exact", "Curve"])
    func otherWordsAreRefused(_ text: String) {
        #expect(throws: ValidationError.self) { try BenchmarkPart.parse(text) }
    }
}
