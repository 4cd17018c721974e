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

    private func select(_ points: [(Float, Float)], limit: Int) -> [UInt32] {
        NeighborSelection.select(from: candidates(points), limit: limit) {
            Self.squared(points[Int($0)], points[Int($1)])
        }.map(\.slot)
    }

    /// Three points east, close to one another; one west and one north, farther away than all of them.
    private let points: [(Float, Float)] = [(1, 0), (1.1, 0.1), (1.2, 0), (-2, 0), (0, 3)]

    @Test func diverseOnesComeFirst() {
        #expect(select(points, limit: 3) == [0, 3, 4])
    }

    @Test func theNearestPassedOverFillUp() {
        #expect(select(points, limit: 4) == [0, 3, 4, 1])
        #expect(select(points, limit: 9) == [0, 3, 4, 1, 2])
    }

    @Test func limits() {
        #expect(select(points, limit: 1) == [0])
        #expect(select(points, limit: 0) == [])
        #expect(select([], limit: 3) == [])
    }

    /// Equal points shadow one another, but fill up all the same.
    @Test func duplicates() {
        #expect(select([(1, 0), (1, 0), (1, 0)], limit: 2) == [0, 1])
        #expect(select([(0, 0), (0, 0)], limit: 2) == [0, 1])
    }

    private func weakest(_ points: [(Float, Float)], mayGo: (UInt32) -> Bool = { _ in true }) -> UInt32? {
        let links = candidates(points)
        return NeighborSelection.weakest(of: links, mayGo: { mayGo($0.slot) }) {
            Self.squared(points[Int($0)], points[Int($1)])
        }.map { links[$0].slot }
    }

    @Test func theFarthestWithADetourGoes() {
        #expect(weakest(points) == 2)
        #expect(weakest(points, mayGo: { $0 != 2 }) == 1)
    }

    @Test func withoutADetourTheFarthestGoes() {
        #expect(weakest([(1, 0), (-2, 0), (0, 3)]) == 2)
        #expect(weakest([(1, 0), (-2, 0), (0, 3)], mayGo: { $0 == 0 }) == 0)
        #expect(weakest(points, mayGo: { _ in false }) == nil)
        #expect(weakest([]) == nil)
    }
}
