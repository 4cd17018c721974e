import TestSupport
import Testing

@testable import VectorIndex

@Suite struct KeyTableTests {
    /// Random insertions and removals against a dictionary. The keys are drawn from few, so that most steps hit.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func agreesWithADictionary(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let keys =
            (0..<400).map { number -> UInt64 in
                // Small numbers, huge ones, multiples of powers of two, and 0 and the largest, which no mark may stand for.
                [UInt64(number), generator.next(), UInt64(number) << 32, UInt64(number) << 52][number % 4]
            } + [0, .max]
        check(keys: Array(Set(keys)).sorted(), steps: 4_000, generator: &generator, seed: seed)
    }

    /// Keys that all begin their probe at one place: every removal must close the gap.
    @Test func collidingKeys() {
        var generator = SeededGenerator(seed: 7)
        let table = KeyTable()
        let home = table.home(of: 1)
        var keys: [UInt64] = []
        var key: UInt64 = 0
        while keys.count < 7 {
            if table.home(of: key) == home { keys.append(key) }
            key += 1
        }
        // Neighbors of that place, whose probes run into the same cluster.
        while keys.count < 10 {
            if table.home(of: key) == (home + 1) & 15 { keys.append(key) }
            key += 1
        }
        check(keys: keys, steps: 3_000, limit: 7, generator: &generator, seed: 7)
    }

    private func check(
        keys: [UInt64], steps: Int, limit: Int = .max, generator: inout SeededGenerator, seed: UInt64
    ) {
        var table = KeyTable()
        var truth: [UInt64: UInt32] = [:]
        var free: [UInt32] = []
        for step in 0..<steps {
            let place: Comment = "seed \(seed), step \(step)"
            let key = keys[Int.random(in: 0..<keys.count, using: &generator)]
            if let slot = truth[key] {
                #expect(table.remove(key) == slot, place)
                truth[key] = nil
                free.append(slot)
            } else if truth.count < limit {
                // Slots are reused in any order.
                let slot =
                    free.isEmpty ? UInt32(truth.count) : free.remove(at: Int(generator.next() % UInt64(free.count)))
                table.insert(key, slot: slot)
                truth[key] = slot
                #expect(table.key(of: slot) == key, place)
            } else {
                #expect(table.remove(key) == nil, place)
            }
            #expect(table.count == truth.count, place)
            if step % 50 == 0 || keys.count < 20 {
                #expect(keys.allSatisfy { table[$0] == truth[$0] }, place)
                #expect(free.allSatisfy { table.key(of: $0) == 0 }, place)
            }
        }
    }

    @Test func keysOfAFile() throws {
        var duplicate = -1
        let keys: [UInt64] = [5, 0, 9, .max, 0, 5]
        // Slots 1 and 5 are free: their numbers mean nothing.
        let table = try #require(KeyTable(keys: keys, isLive: { $0 != 1 && $0 != 5 }, duplicate: &duplicate))
        #expect(table.count == 4 && duplicate == -1)
        #expect(table[5] == 0 && table[9] == 2 && table[.max] == 3 && table[0] == 4 && table[1] == nil)
        #expect(KeyTable(keys: keys, isLive: { _ in true }, duplicate: &duplicate) == nil)
        #expect(duplicate == 4)
        let empty = try #require(KeyTable(keys: [], isLive: { _ in true }, duplicate: &duplicate))
        #expect(empty.count == 0 && empty[0] == nil)
    }

    /// The hash once lost its two lowest bits and, for multiples of 2²⁰, all of them: each look-up then read every key.
    /// Keys as callers give them must spread over the table about as random ones do (39 % of the places).
    @Test func structuredKeysSpread() throws {
        let places = 8_192
        var duplicate = 0
        let made = KeyTable(
            keys: [UInt64](repeating: 0, count: places / 2), isLive: { _ in false }, duplicate: &duplicate)
        let table = try #require(made)
        let shapes: [(String, (UInt64) -> UInt64)] = [
            ("1, 2, 3 …", { $0 }), ("multiples of 64", { $0 * 64 }), ("multiples of 2²⁰", { $0 << 20 }),
            ("the upper half", { $0 << 32 }), ("the top bits", { $0 << 52 }),
            ("multiples of a million", { $0 * 1_000_000 }),
            ("two halves", { ($0 % 64) << 32 | $0 / 64 }),
        ]
        for (name, key) in shapes {
            let homes = Set((0..<UInt64(4_096)).map { table.home(of: key($0)) })
            #expect(homes.count > places * 20 / 100, "\(name): \(homes.count) of \(places) places")
        }
    }
}
