import Testing

@testable import VectorIndex

@Suite struct MetricTests {
    private static let halfRoot = Float(0.5).squareRoot()

    /// (3, 4) and (4, 3): dot 24, norms 5 and 5, difference (1, 1).
    @Test(arguments: [(Metric.cosine, Float(0.04)), (.dot, -24), (.l2, 2)])
    func formulas(metric: Metric, expected: Float) throws {
        let index = try HNSWIndex(dimension: 2, metric: metric)
        try index.add([3, 4], key: 1)
        let found = try index.search([4, 3], k: 1)
        #expect(found.count == 1 && abs(found[0].distance - expected) < 1e-6)
    }

    @Test func rawValuesAreForever() {
        #expect(Metric.allCases.map(\.rawValue) == [0, 1, 2])
    }

    @Test func cosineStoresUnitLength() throws {
        let index = try HNSWIndex(dimension: 2, metric: .cosine)
        try index.add([3, 4], key: 1)
        #expect(index.vector(forKey: 1) == [0.6, 0.8])
        let other = try HNSWIndex(dimension: 2, metric: .dot)
        try other.add([3, 4], key: 1)
        #expect(other.vector(forKey: 1) == [3, 4])
    }

    /// Components whose squares underflow or overflow float32 still have a direction.
    @Test(arguments: [Float.leastNonzeroMagnitude, 1e-30, 1, 1e30, .greatestFiniteMagnitude])
    func cosineOfExtremeLengths(scale: Float) throws {
        let index = try HNSWIndex(dimension: 3, metric: .cosine)
        try index.add([scale, 0, 0], key: 1)
        try index.add([0, scale, scale], key: 2)
        let found = try index.search([0, scale, 0], k: 2)
        #expect(found.map(\.key) == [2, 1])
        #expect(abs(found[0].distance - (1 - Self.halfRoot)) < 1e-6)
        #expect(found[1].distance == 1)
    }

    @Test func refusals() throws {
        for metric in Metric.allCases {
            let index = try HNSWIndex(dimension: 2, metric: metric)
            try index.add([1, 1], key: 5)
            func check(_ vector: [Float], _ expected: VectorIndexError) {
                #expect(throws: expected) { try index.add(vector, key: 5) }
                #expect(throws: expected) { try index.search(vector, k: 1) }
                #expect(throws: expected) { try index.exactSearch(vector, k: 1) }
            }
            check([1], .dimensionMismatch(expected: 2, found: 1))
            check([1, 2, 3], .dimensionMismatch(expected: 2, found: 3))
            check([], .dimensionMismatch(expected: 2, found: 0))
            check([1, .nan], .notFinite(component: 1))
            check([-.infinity, 1], .notFinite(component: 0))
            if metric != .cosine {
                let squaredNorm = Double(Float(1e19)) * Double(Float(1e19))
                check([1e19, 0], .magnitudeTooLarge(squaredNorm: squaredNorm, limit: Metric.maximumSquaredNorm))
            }
            try index.add([0, -0.0], key: 6)
            #expect(index.vector(forKey: 5) == (metric == .cosine ? [Self.halfRoot, Self.halfRoot] : [1, 1]))
            #expect(index.checkInvariants() == [])
        }
    }

    /// The longest vectors allowed, pointing away from one another: the largest distances there are.
    @Test(arguments: [Metric.dot, .l2])
    func largestMagnitudesStayFinite(metric: Metric) throws {
        let index = try HNSWIndex(dimension: 4_096, metric: metric)
        let component = Float((Metric.maximumSquaredNorm / 4_096).squareRoot().nextDown) * 0.999_999
        try index.add(Array(repeating: component, count: 4_096), key: 1)
        try index.add(Array(repeating: -component, count: 4_096), key: 2)
        let found = try index.search(Array(repeating: component, count: 4_096), k: 2)
        #expect(found.map(\.key) == [1, 2])
        #expect(found.allSatisfy { $0.distance.isFinite })
    }
}
