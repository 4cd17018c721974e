import TestSupport

/// The data sets that the tests share.
typealias SeededVectors = SeededGenerator

extension SeededGenerator {
    /// About normally distributed: the sum of four uniform numbers, scaled to variance 1.
    mutating func normal() -> Float {
        var sum: Float = 0
        for _ in 0..<4 { sum += Float.random(in: -1...1, using: &self) }
        return sum * 0.866_025_4
    }

    mutating func vector(_ dimension: Int, scale: Float = 1) -> [Float] {
        (0..<dimension).map { _ in normal() * scale }
    }

    /// Vectors around `clusters` centers; the spread is relative to the distance between centers.
    mutating func clustered(count: Int, dimension: Int, clusters: Int, spread: Float) -> [[Float]] {
        let centers = (0..<clusters).map { _ in vector(dimension) }
        return (0..<count).map { _ in
            let center = centers[Int.random(in: 0..<clusters, using: &self)]
            return center.map { $0 + normal() * spread }
        }
    }

    /// What rows of one table look like to an encoder: one text for all, and for each of some fields a small shift that
    /// its value makes, plus a trace of noise. The cosine of any two rows is above 0.98.
    mutating func tableRows(count: Int, dimension: Int, fields: Int, valuesPerField: Int) -> [[Float]] {
        let text = vector(dimension)
        let shifts = (0..<fields).map { _ in (0..<valuesPerField).map { _ in vector(dimension, scale: 0.03) } }
        return (0..<count).map { _ in
            var row = text
            for field in shifts {
                let shift = field[Int.random(in: 0..<valuesPerField, using: &self)]
                for index in row.indices { row[index] += shift[index] }
            }
            return row.map { $0 + normal() * 0.003 }
        }
    }
}
