import Testing

@testable import VectorIndex

@Suite struct ScratchPoolTests {
    private func makePool() -> ScratchPool {
        ScratchPool(shape: SearchScratch.Shape(dimension: 16, parameters: .init()))
    }

    @Test func scratchesComeBack() {
        let pool = makePool()
        let first = pool.withScratch { ObjectIdentifier($0) }
        let second = pool.withScratch { outer in
            #expect(pool.withScratch { $0 !== outer })
            return ObjectIdentifier(outer)
        }
        #expect(first == second)
    }

    @Test func aScratchComesBackFromAnError() {
        let pool = makePool()
        var lent: ObjectIdentifier?
        #expect(throws: VectorIndexError.cancelled) {
            try pool.withScratch { (scratch) throws(VectorIndexError) in
                lent = ObjectIdentifier(scratch)
                throw .cancelled
            }
        }
        #expect(pool.withScratch { ObjectIdentifier($0) } == lent)
    }

    @Test func severalAtOnce() {
        let pool = makePool()
        var lent: Set<ObjectIdentifier> = []
        pool.withScratches(5) { lent = Set($0.map { ObjectIdentifier($0) }) }
        #expect(lent.count == 5)
        pool.withScratches(3) { #expect(lent.isSuperset(of: $0.map { ObjectIdentifier($0) })) }
        // A burst leaves no more than the limit behind, and harms nothing.
        pool.withScratches(ScratchPool.maximumIdle + 10) { #expect($0.count == ScratchPool.maximumIdle + 10) }
        pool.withScratches(ScratchPool.maximumIdle) { #expect($0.count == ScratchPool.maximumIdle) }
    }

    /// No two threads ever hold the same one.
    @Test func threads() {
        let pool = makePool()
        let clashes = onThreads(4) {
            (0..<300).count { number in
                pool.withScratch { scratch in
                    scratch.query[0] = Float(number)
                    scratch.query[1] = Float(number)
                    return scratch.query[0] != Float(number) || scratch.query[1] != Float(number)
                }
            }
        }
        #expect(clashes == [0, 0, 0, 0])
    }
}
