import Foundation
import Testing

@testable import Embedding

@Suite struct PackedLinearsFileTests {
    private func vector(_ folder: String, _ precision: EmbeddingPrecision) throws -> [Float] {
        try Embedder(modelFolder: folder, precision: precision).embedBlocking(["flat villas"], purpose: .query)[0]
    }

    private func load(_ folder: String, _ precision: EmbeddingPrecision) throws -> Bool {
        try PackedLinearsFile(ModelFolder(path: folder), precision).load() != nil
    }

    @Test(arguments: EmbeddingPrecision.allCases)
    func theSecondStartMapsWhatTheFirstPacked(precision: EmbeddingPrecision) throws {
        try TinyModel().withFolder { folder in
            #expect(try !load(folder, precision))
            let first = try vector(folder, precision)
            #expect(try load(folder, precision))
            #expect(try vector(folder, precision) == first)
            for other in EmbeddingPrecision.allCases where other != precision { #expect(try !load(folder, other)) }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".tmp") }
            #expect(left == [])
        }
    }

    /// Every byte counts: a changed one makes the next start pack again.
    @Test func damagedFilesArePackedAgain() throws {
        try TinyModel().withFolder { folder in
            let first = try vector(folder, .int8)
            let path = folder + "/model.int8.packed"
            let good = try Data(contentsOf: URL(fileURLWithPath: path))
            var damaged: [Data] = [
                Data(), good.dropLast(), good + Data([0]), good.prefix(PackedLinearsFile.headerSizeBytes),
            ]
            for position in [0, 40, 4_000, 4_093, 4_096, 5_000, good.count - 1] {
                var other = good
                other[position] ^= 0x10
                damaged.append(other)
            }
            for (number, content) in damaged.enumerated() {
                try content.write(to: URL(fileURLWithPath: path))
                #expect(try !load(folder, .int8), "damage \(number)")
                #expect(try vector(folder, .int8) == first)
                #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == good, "damage \(number)")
            }
        }
    }

    /// Weights edited by hand, even where no sample of the fingerprint looks.
    @Test func newWeightsArePackedAgain() throws {
        try TinyModel().withFolder { folder in
            _ = try vector(folder, .bfloat16)
            #expect(try load(folder, .bfloat16))
            let path = folder + "/model.safetensors"
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSince1970: 1)], ofItemAtPath: path)
            #expect(try !load(folder, .bfloat16))
        }
    }

    @Test func whereNothingCanBeWrittenEmbeddingWorks() throws {
        try TinyModel().withFolder { folder in
            let first = try vector(folder, .int8)
            let path = folder + "/model.int8.packed"
            try FileManager.default.removeItem(atPath: path)
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            try Data().write(to: URL(fileURLWithPath: path + "/keep"))
            #expect(try vector(folder, .int8) == first)
            #expect(try FileManager.default.contentsOfDirectory(atPath: path) == ["keep"])
        }
    }
}
