import Foundation
import TestSupport

/// Small files of vectors and neighbors, byte for byte.
enum MatrixBytes {
    static func words(_ values: [UInt32]) -> [UInt8] {
        values.flatMap { value in (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
    }

    static func fbin(_ rows: [[Float]]) -> [UInt8] {
        words([UInt32(rows.count), UInt32(rows.first?.count ?? 0)] + rows.joined().map(\.bitPattern))
    }

    static func ibin(_ rows: [[Int32]]) -> [UInt8] {
        words([UInt32(rows.count), UInt32(rows.first?.count ?? 0)] + rows.joined().map { UInt32(bitPattern: $0) })
    }

    /// A NumPy file of format 1.0 with this dictionary, unpadded.
    static func npy(_ dictionary: String, elements: [UInt8] = []) -> [UInt8] {
        let length = dictionary.utf8.count
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)] + Array(dictionary.utf8)
            + elements
    }

    static func write(_ bytes: [UInt8], _ name: String, in folder: TemporaryFolder) throws -> String {
        let path = folder.path + "/" + name
        try Data(bytes).write(to: URL(filePath: path))
        return path
    }

    /// Unit-length vectors in seeded clusters, so that neighbors mean something.
    static func vectors(_ count: Int, dimension: Int, seed: UInt64) -> [[Float]] {
        var generator = SeededGenerator(seed: seed)
        let centers = (0..<8).map { _ in generator.vector(dimension: dimension) }
        return (0..<count).map { row in
            let noise = generator.vector(dimension: dimension)
            let vector = zip(centers[row % centers.count], noise).map { $0 + 0.5 * $1 }
            let norm = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
            return vector.map { $0 / norm }
        }
    }
}
