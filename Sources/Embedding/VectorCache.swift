import Synchronization

/// Vectors of texts that were embedded before, by a hash of their content; the least recently used go first.
///
/// Texts are told apart by two SipHash values with the process's random key, 128 bits: nobody can construct two texts with
/// the same. Any number of threads may use it.
final class VectorCache: Sendable {
    struct Key: Hashable, Sendable {
        fileprivate let halves: SIMD2<UInt64>

        /// - Parameter prefix: what is put before the text.
        init(_ text: String, prefix: String) {
            var text = text
            var hashers = [Hasher(), Hasher()]
            text.withUTF8 { bytes in
                for i in hashers.indices {
                    hashers[i].combine(i)
                    hashers[i].combine(prefix)
                    // SAFETY: the bytes live inside the closure.
                    unsafe hashers[i].combine(bytes: UnsafeRawBufferPointer(bytes))
                }
            }
            halves = SIMD2(
                UInt64(bitPattern: Int64(hashers[0].finalize())), UInt64(bitPattern: Int64(hashers[1].finalize())))
        }
    }

    /// Two generations: what is used moves to the young one; when that is full, it becomes the old one, and what was not
    /// used since is forgotten.
    private struct Generations: Sendable {
        var young: [Key: [Float]] = [:]
        var old: [Key: [Float]] = [:]
    }

    private let generationCapacity: Int
    private let generations = Mutex(Generations())

    /// - Parameter capacity: vectors kept at most; less than 2 keeps none.
    init(capacity: Int) {
        generationCapacity = capacity / 2
    }

    var isEnabled: Bool { generationCapacity > 0 }

    subscript(key: Key) -> [Float]? {
        generations.withLock { generations in
            if let vector = generations.young[key] { return vector }
            guard let vector = generations.old[key] else { return nil }
            insert(vector, key, &generations)
            return vector
        }
    }

    func insert(_ vector: [Float], _ key: Key) {
        if isEnabled { generations.withLock { insert(vector, key, &$0) } }
    }

    private func insert(_ vector: [Float], _ key: Key, _ generations: inout Generations) {
        if generations.young.count >= generationCapacity {
            generations.old = generations.young
            generations.young = [:]
        }
        generations.young[key] = vector
    }
}
