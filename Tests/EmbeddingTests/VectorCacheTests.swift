import Testing

@testable import Embedding

@Suite struct VectorCacheTests {
    private func key(_ number: Int) -> VectorCache.Key { .init("text \(number)", prefix: "") }

    @Test func whatIsUsedStaysAndTheRestGoes() {
        let cache = VectorCache(capacity: 8)
        cache.insert([-1], key(-1))
        for number in 0..<100 {
            cache.insert([Float(number)], key(number))
            #expect(cache[key(-1)] == [-1], "after \(number)")
            #expect(cache[key(number)] == [Float(number)])
        }
        #expect((0..<100).filter { cache[key($0)] != nil }.count <= 8)
        #expect(cache[key(0)] == nil)
    }

    @Test func textAndPrefixCount() {
        #expect(VectorCache.Key("b", prefix: "a") != VectorCache.Key("ab", prefix: ""))
        #expect(VectorCache.Key("", prefix: "") != VectorCache.Key("\0", prefix: ""))
        // Equal for the eye and for String, but other bytes, so other tokens for some models.
        #expect(VectorCache.Key("é", prefix: "") != VectorCache.Key("e\u{301}", prefix: ""))
        #expect(VectorCache.Key("Flat", prefix: "q") == VectorCache.Key("Flat", prefix: "q"))
    }

    @Test func noCapacityKeepsNothing() {
        let cache = VectorCache(capacity: 0)
        cache.insert([1], key(1))
        #expect(!cache.isEnabled && cache[key(1)] == nil)
    }
}
