import TestSupport
import Testing

@testable import VectorStore

@Suite struct PickleReaderTests {
    private func dictionary(_ body: [UInt8]) -> [UInt8] { [0x80, 3, 0x7d, 0x28] + body + [0x75, 0x2e] }

    @Test func aWorkedCase() throws {
        // {"a": 5, "b": {1: "x"}, "c": None, "d": "a"}, the last by a reference.
        let bytes = dictionary([
            0x58, 1, 0, 0, 0, 97, 0x71, 0, 0x4b, 5, 0x8c, 1, 98, 0x7d, 0x4a, 1, 0, 0, 0, 0x8c, 1, 120, 0x73, 0x8c, 1,
            99,
            0x4e, 0x8c, 1, 100, 0x68, 0,
        ])
        let value = try PickleReader.read(bytes)
        #expect(value["a"] == .integer(5) && value["b"] == .dictionary([.integer(1): .string("x")]))
        #expect(value["c"] == PickleValue.none && value["d"] == .string("a") && value["e"] == nil)
        #expect(try PickleReader.read([0x80, 4, 0x8a, 2, 0xff, 0xff, 0x2e]) == .integer(-1))
        #expect(try PickleReader.read([0x4a, 0xfe, 0xff, 0xff, 0xff, 0x2e]) == .integer(-2))
    }

    /// Calls, lengths beyond the end, keys that are none, and things in one another without end.
    @Test(
        arguments: [
            [], [0x2e], [0x80], [0x52], [0x80, 3, 0x63, 111, 115, 10, 120, 10, 0x29, 0x52, 0x2e], [0x73, 0x2e],
            [0x58, 0xff, 0xff, 0xff, 0xff, 1], [0x8d, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0x68, 7, 0x2e],
            [0x7d, 0x28, 0x75], [0x7d, 0x28, 0x4b, 1, 0x75, 0x2e], [0x7d, 0x7d, 0x4b, 1, 0x73, 0x2e], [0x75],
            [0x8c, 1, 0xff, 0x2e], [0x8a, 9, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0x2e], [0x63, 97], [0x94], [0x62, 0x2e],
            Array(repeating: 0x28, count: 5_000),
        ] as [[UInt8]])
    func whatIsNoneIsRefused(bytes: [UInt8]) {
        #expect(throws: PickleError.self) { try PickleReader.read(bytes) }
    }

    @Test(arguments: [71, 72] as [UInt64])
    func bytesAtRandomNeverTrap(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let opcodes: [UInt8] = [
            0x80, 0x95, 0x2e, 0x28, 0x7d, 0x29, 0x4e, 0x4a, 0x4b, 0x4d, 0x8a, 0x58, 0x8c, 0x8d, 0x73, 0x75, 0x94, 0x71,
            0x72,
            0x68, 0x6a, 0x93, 0x81, 0x63, 0x62, 0x88, 0x89, 0, 1, 2, 97,
        ]
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0..<40, using: &random)).map { _ in
                opcodes.randomElement(using: &random) ?? 0
            }
            _ = try? PickleReader.read(bytes)
        }
    }
}
