import Testing

@testable import VectorIndex

/// Hand-placed points in the plane; the node that selects sits at the origin.
@Suite struct NeighborSelectionTests {
    private static func squared(_ a: (Float, Float), _ b: (Float, Float)) -> Float {
        (a.0 - b.0) * (a.0 - b.0) + (a.1 - b.1) * (a.1 - b.1)
    }

    private func candidates(_ points: [(Float, Float)]) -> [Candidate] {
        points.enumerated().map { Candidate(distance: Self.squared((0, 0), $1), slot: UInt32($0)) }.sorted()
    }

    /// Distances are squared Euclidean whatever the metric, which decides the slack alone.
    private func selection(_ points: [(Float, Float)], _ metric: Metric) -> NeighborSelection {
        NeighborSelection(metric: metric) { Self.squared(points[Int($0)], points[Int($1)]) }
    }

    private func select(_ points: [(Float, Float)], limit: Int, metric: Metric = .l2) -> [UInt32] {
        selection(points, metric).select(from: candidates(points), limit: limit).map(\.slot)
    }

    /// Three points east, close to one another; one west and one north, farther away than all of them.
    private let points: [(Float, Float)] = [(1, 0), (1.1, 0.1), (1.2, 0), (-2, 0), (0, 3)]

    @Test(arguments: Metric.allCases)
    func onlyDiverseOnesAreTaken(metric: Metric) {
        #expect(select(points, limit: 3, metric: metric) == [0, 3, 4])
        #expect(select(points, limit: 9, metric: metric) == [0, 3, 4])
        #expect(select(points, limit: 2, metric: metric) == [0, 3])
    }

    @Test func limits() {
        #expect(select(points, limit: 1) == [0])
        #expect(select(points, limit: 0) == [])
        #expect(select([], limit: 3) == [])
    }

    /// The second point is as far from the first as from the node: the paper's rule passes it over, the slack takes it.
    @Test func slack() {
        let points: [(Float, Float)] = [(1, 0), (0.5, 1)]
        #expect(select(points, limit: 2, metric: .dot) == [0])
        #expect(select(points, limit: 2, metric: .l2) == [0, 1])
        #expect(select(points, limit: 2, metric: .cosine) == [0, 1])
        // 1.15 times the distance to the first is still less than that to the node.
        #expect(select([(1, 0), (0.7, 1)], limit: 2, metric: .l2) == [0])
    }

    /// Equal points shadow one another.
    @Test func duplicates() {
        #expect(select([(1, 0), (1, 0), (1, 0)], limit: 2) == [0])
        #expect(select([(0, 0), (0, 0)], limit: 2) == [0])
    }

    private func weakest(
        _ points: [(Float, Float)], metric: Metric = .l2, mayGo: (UInt32) -> Bool = { _ in true }
    ) -> UInt32? {
        let links = candidates(points)
        return selection(points, metric).weakest(of: links, mayGo: { mayGo($0.slot) }).map { links[$0].slot }
    }

    @Test(arguments: Metric.allCases)
    func theFarthestWithADetourGoes(metric: Metric) {
        #expect(weakest(points, metric: metric) == 2)
        #expect(weakest(points, metric: metric, mayGo: { $0 != 2 }) == 1)
    }

    @Test func aDetourMustBeShorterByTheSlack() {
        let points: [(Float, Float)] = [(1, 0), (0.55, 1), (-3, 0)]
        #expect(weakest(points, metric: .dot) == 1)
        #expect(weakest(points, metric: .l2) == 2)
    }

    @Test func withoutADetourTheFarthestGoes() {
        #expect(weakest([(1, 0), (-2, 0), (0, 3)]) == 2)
        #expect(weakest([(1, 0), (-2, 0), (0, 3)], mayGo: { $0 == 0 }) == 0)
        #expect(weakest(points, mayGo: { _ in false }) == nil)
        #expect(weakest([]) == nil)
    }
}
