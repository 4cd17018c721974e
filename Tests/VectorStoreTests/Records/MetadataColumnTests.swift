import TestSupport
import Testing

@testable import VectorStore

@Suite struct MetadataColumnTests {
    @Test func aWorkedCase() throws {
        let metadata: [String: MetadataValue] = ["b": .bool(true), "a": .list([.integer(1), .integer(-1)])]
        let bytes = MetadataColumn.encode(metadata)
        let one: [UInt8] = [2, 1, 0, 0, 0, 0, 0, 0, 0]
        let minusOne: [UInt8] = [2] + Array(repeating: 0xff, count: 8)
        #expect(bytes == [1, 97, 5, 2] + one + minusOne + [1, 98, 1])
        #expect(try MetadataColumn.decode(bytes, id: 1) == metadata)
        #expect(MetadataColumn.encode([:]).isEmpty)
    }

    private func value(_ random: inout SeededGenerator, depth: Int = 0) -> MetadataValue {
        switch Int.random(in: 0..<(depth == 0 ? 5 : 4), using: &random) {
        case 0: .bool(Bool.random(using: &random))
        case 1: .integer(Int64.random(in: .min ... .max, using: &random))
        case 2: .real(Double.random(in: -1e30...1e30, using: &random))
        case 3:
            .string(
                String(
                    String.UnicodeScalarView(
                        (0..<Int.random(in: 0..<300, using: &random)).map { _ in
                            ["a", "é", "م", "🏠", "\0"].randomElement(using: &random) ?? "a"
                        })))
        default: .list((0..<Int.random(in: 0..<5, using: &random)).map { _ in value(&random, depth: 1) })
        }
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func anythingComesBackAndNoCutDoes(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<60 {
            var metadata: [String: MetadataValue] = [:]
            for number in 0..<Int.random(in: 0..<6, using: &random) { metadata["f\(number)"] = value(&random) }
            let bytes = MetadataColumn.encode(metadata)
            #expect(try MetadataColumn.decode(bytes, id: 7) == metadata, "seed \(seed)")
            // A cut between two fields is a shorter set of fields; any other is damage, and none of them traps.
            for cut in bytes.indices {
                let part = try? MetadataColumn.decode(Array(bytes[..<cut]), id: 7)
                #expect(part.map { $0.count < max(1, metadata.count) } ?? true, "seed \(seed), cut \(cut)")
            }
            for _ in 0..<40 where !bytes.isEmpty {
                var flipped = bytes
                flipped[Int.random(in: bytes.indices, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                _ = try? MetadataColumn.decode(flipped, id: 7)
            }
        }
    }

    @Test(
        arguments: [
            [1], [1, 97], [1, 97, 9], [1, 97, 2, 0], [1, 97, 5, 1, 5, 0],
            [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1],
            [1, 0xff, 0], [1, 97, 0, 1, 97, 0],
        ] as [[UInt8]])
    func damageIsNamed(bytes: [UInt8]) {
        #expect(throws: VectorStoreError.self) { try MetadataColumn.decode(bytes, id: 7) }
    }
}
