import Kernels
import TestSupport
import Testing

@Suite struct WalkKernelsTests {
    private static func rank(_ distance: Float, _ slot: UInt32) -> UInt64 {
        let bits = (distance + 0).bitPattern
        return UInt64(bits >> 31 == 1 ? ~bits : bits | 0x8000_0000) << 32 | UInt64(slot)
    }

    /// Against a set: new slots in order, each once, up to the end of the block.
    @Test(arguments: SIMDLevel.available)
    func gathering(level: SIMDLevel) {
        let seed: UInt64 = 0x3A1
        var generator = SeededGenerator(seed: seed)
        let kernels = WalkKernels(level: level)
        var marks = [UInt8](repeating: 0, count: 300)
        for epoch in UInt8(1)...40 {
            var seen: Set<UInt32> = [], expected: [UInt32] = []
            var batch = [UInt32](repeating: 7, count: 400), count = 0
            for _ in 0..<8 {
                let filled = Int.random(in: 0...48, using: &generator)
                var block = (0..<filled).map { _ in UInt32.random(in: 0..<300, using: &generator) }
                for slot in block where seen.insert(slot).inserted { expected.append(slot) }
                block += Array(repeating: .max, count: 48 - filled)
                count = kernels.uncheckedGather(
                    block: block, limit: 48, marks: &marks, epoch: epoch, batch: &batch, count: count)
            }
            #expect(Array(batch.prefix(count)) == expected, "seed \(seed), \(level), epoch \(epoch)")
        }
    }

    /// Against sorting: the pool holds the nearest, the cursor stands before what came in, bit 31 of ranks is kept.
    @Test(arguments: SIMDLevel.available)
    func merging(level: SIMDLevel) {
        let seed: UInt64 = 0x3A2
        var generator = SeededGenerator(seed: seed)
        let kernels = WalkKernels(level: level)
        let links = [UInt8](repeating: 0, count: 64)
        for width in [1, 2, 3, 8, 9, 40, 257, 600] {
            var memory = [UInt64](repeating: 0, count: width + RankPool.spareRanks)
            memory.withUnsafeMutableBufferPointer { memory in
                guard let base = memory.baseAddress else { return }
                var pool = RankPool(ranks: base, width: width)
                var truth: [UInt64] = []
                var next: UInt32 = 0
                for step in 0..<60 {
                    let place: Comment = "seed \(seed), \(level), width \(width), step \(step)"
                    let count = Int.random(in: 0...150, using: &generator)
                    let slots = (0..<count).map { next + UInt32($0) }
                    next += UInt32(count)
                    // Distances that all differ, of either sign.
                    let scores = slots.map { Float($0) * 1e-5 + Float(Int.random(in: -400...400, using: &generator)) }
                    pool.cursor = pool.count
                    let before = truth
                    kernels.uncheckedMerge(
                        &pool, slots: slots, scores: scores, count: count, links: links, linkBytes: 0, depth: 2)
                    truth = Array((truth + zip(scores, slots).map(Self.rank)).sorted().prefix(width))
                    #expect(pool.count == truth.count, place)
                    #expect((0..<pool.count).map { base[$0] } == truth, place)
                    let firstNew = truth.indices.first { $0 >= before.count || truth[$0] != before[$0] }
                    #expect(pool.cursor == min(before.count, firstNew ?? before.count), place)
                }
            }
        }
    }

    /// The bound of `near` and `reach` against sorting: it is drawn anew before each chunk of scores, and what is not
    /// below it does not enter; whatever the chunks, nothing within reach of the nearest is lost.
    @Test(arguments: SIMDLevel.available)
    func reaching(level: SIMDLevel) {
        let seed: UInt64 = 0x3A3
        var generator = SeededGenerator(seed: seed)
        let kernels = WalkKernels(level: level)
        let links = [UInt8](repeating: 0, count: 64)
        for (width, near, reach) in [
            (40, 0, 0), (40, 0, 90), (40, 9, 25), (40, 39, 5), (40, 40, 5), (9, .max, 5), (300, 9, 120), (300, 49, 0),
            (300, 0, .infinity), (1, 0, 30),
        ] as [(Int, Int, Float)] {
            var memory = [UInt64](repeating: 0, count: width + RankPool.spareRanks)
            memory.withUnsafeMutableBufferPointer { memory in
                guard let base = memory.baseAddress else { return }
                var pool = RankPool(ranks: base, width: width, near: near, reach: reach)
                var truth: [(distance: Float, rank: UInt64)] = []
                var offered: [(distance: Float, rank: UInt64)] = []
                var refused = 0
                for step in 0..<40 {
                    let place: Comment = "seed \(seed), \(level), width \(width), near \(near), reach \(reach), \(step)"
                    let count = Int.random(in: 0...150, using: &generator)
                    let slots = (0..<count).map { UInt32(offered.count + $0) }
                    let scores = slots.map { Float($0) * 1e-5 + Float(Int.random(in: -400...400, using: &generator)) }
                    let new = zip(scores, slots).map { (distance: $0, rank: Self.rank($0, $1)) }
                    offered += new
                    kernels.uncheckedMerge(
                        &pool, slots: slots, scores: scores, count: count, links: links, linkBytes: 0, depth: 2)
                    for first in stride(from: 0, to: count, by: RankPool.spareRanks) {
                        var bound = truth.count > near ? truth[near].distance + reach : .infinity
                        if truth.count == width { bound = min(bound, truth[width - 1].distance) }
                        let chunk = new[first..<min(count, first + RankPool.spareRanks)]
                        refused += chunk.count { $0.distance >= bound }
                        truth += chunk.filter { $0.distance < bound }
                        truth.sort { $0.rank < $1.rank }
                        truth = Array(truth.prefix(width))
                    }
                    let held = (0..<pool.count).map { base[$0] }
                    #expect(held == truth.map(\.rank), place)
                    let sorted = offered.sorted { $0.rank < $1.rank }
                    let bound = sorted.count > near ? sorted[near].distance + reach : .infinity
                    let within = sorted.prefix(width).filter { $0.distance < bound }.map(\.rank)
                    #expect(Array(held.prefix(within.count)) == within, place)
                }
                #expect(refused > 0, "width \(width), near \(near), reach \(reach)")
            }
        }
    }

    /// A full pool takes only what is nearer than its last; NaN never enters.
    @Test(arguments: SIMDLevel.available)
    func equalAndStrangeScores(level: SIMDLevel) {
        let kernels = WalkKernels(level: level)
        let links = [UInt8](repeating: 0, count: 64)
        var memory = [UInt64](repeating: 0, count: 3 + RankPool.spareRanks)
        memory.withUnsafeMutableBufferPointer { memory in
            guard let base = memory.baseAddress else { return }
            var pool = RankPool(ranks: base, width: 3)
            func merge(_ slots: [UInt32], _ scores: [Float]) -> [UInt32] {
                kernels.uncheckedMerge(
                    &pool, slots: slots, scores: scores, count: slots.count, links: links, linkBytes: 0, depth: 1)
                return (0..<pool.count).map { UInt32(truncatingIfNeeded: base[$0]) }
            }
            #expect(merge([5, 6], [.nan, 2]) == [6])
            #expect(merge([9, 8], [.infinity, -0.0]) == [8, 6, 9])
            #expect(merge([3], [.infinity]) == [8, 6, 9])
            #expect(merge([4, 2], [2, 2]) == [8, 2, 4])
            #expect(merge([1], [2]) == [8, 2, 4])
            #expect(merge([0], [-.infinity]) == [0, 8, 2])
        }
    }
}
