import TestSupport
import Testing
import VectorIndex

@testable import propertypro

@Suite struct HeldOutIndexTests {
    private let base: VectorMatrix
    private let builder = IndexBuilder(
        dimension: 8, metric: .cosine, parameters: HNSWParameters(), threads: 1, insertsOneByOne: false)

    init() {
        let rows = MatrixBytes.vectors(50, dimension: 8, seed: 11)
        base = VectorMatrix(values: Array(rows.joined()), count: 50, dimension: 8)
    }

    /// Keys that exact search finds, which are the rows in the index.
    private func keys(of index: HNSWIndex) throws -> [Int] {
        let query = base.prefix(1)
        return try index.exactSearchBatch(query.values.span, k: 50, threads: 1)[0].map { Int($0.key) }.sorted()
    }

    @Test func theLastTenthIsHeldOut() throws {
        let items = try HeldOutIndex(base: base, builder: builder)
        #expect(items.members == Array(0..<45) && items.pool == Array(45..<50))
        #expect(try keys(of: items.index) == items.members)
    }

    @Test func rowsMoveBetweenIndexAndPool() throws {
        var items = try HeldOutIndex(base: base, builder: builder)
        try items.remove([7, 3])
        #expect(items.pool == [45, 46, 47, 48, 49, 7, 3])
        #expect(items.members.count == 43 && !items.members.contains(7))
        var clocked = 0
        try items.addFromPool(6) { _ in clocked += 1 }
        #expect(clocked == 6 && items.pool == [3])
        #expect(items.members == Array(0..<50).filter { $0 != 3 })
        #expect(try keys(of: items.index) == items.members)
        let fresh = try items.freshBuild()
        #expect(try keys(of: fresh) == items.members)
        items.adopt(fresh)
        #expect(items.index === fresh)
    }

    @Test func replacingInTurnTakesTheRowsThatAreLongestOut() throws {
        var items = try HeldOutIndex(base: base, builder: builder)
        try items.replaceInTurn([0, 1, 2])
        #expect(items.pool == [48, 49, 0, 1, 2])
        #expect(items.members == Array(3..<48))
        // More than the pool holds: rows 3 and 4 leave and come back.
        try items.replaceInTurn([3, 4, 5, 6, 7, 8, 9])
        #expect(items.pool == [5, 6, 7, 8, 9])
        #expect(items.members == Array(0..<50).filter { !(5...9).contains($0) })
        #expect(try keys(of: items.index) == items.members)
    }

    @Test func theTruthIsThatOfTheMembers() throws {
        var items = try HeldOutIndex(base: base, builder: builder)
        let query = base.prefix(1)
        try items.remove([0])
        let truth = try items.truth(of: query)
        let found = try items.index.exactSearch(query.values.span, k: 10, allowed: nil)
        #expect(truth == Truth([found]))
        #expect(!found.contains { $0.key == 0 })
    }
}
