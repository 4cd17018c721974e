/// Vectors of one dimension, row after row.
struct VectorMatrix: Sendable, Equatable {
    let values: [Float]
    let count: Int
    let dimension: Int

    init(values: [Float], count: Int, dimension: Int) {
        precondition(values.count == count * dimension, "\(values.count) values for \(count) × \(dimension)")
        (self.values, self.count, self.dimension) = (values, count, dimension)
    }

    /// Where a row lies in `values`.
    func range(ofRow row: Int) -> Range<Int> { (row * dimension)..<((row + 1) * dimension) }

    func row(_ row: Int) -> ArraySlice<Float> { values[range(ofRow: row)] }

    func prefix(_ rows: Int) -> VectorMatrix {
        let kept = min(rows, count)
        return VectorMatrix(values: Array(values.prefix(kept * dimension)), count: kept, dimension: dimension)
    }

    /// These rows, in this order.
    func gathering(_ rows: [Int]) -> VectorMatrix {
        var gathered: [Float] = []
        gathered.reserveCapacity(rows.count * dimension)
        for row in rows { gathered.append(contentsOf: values[range(ofRow: row)]) }
        return VectorMatrix(values: gathered, count: rows.count, dimension: dimension)
    }
}
