import Synchronization
import TestSupport
import Testing

@testable import VectorIndex

/// Searches of all kinds on several threads while others change the index, across the count at which codes come.
/// What is asserted holds in every order of events; run it under the thread sanitizer too.
@Suite struct ConcurrentUseTests {
    /// Keys are 0 ..< 1,400. Writer w changes the keys ≡ w mod 2 only, so that the end is known whatever the order.
    private static let keyLimit: UInt64 = 1_400
    private static let dimension = 6

    /// The vector that a writer puts under a key at a step; known to readers, who check what they find with it.
    private static func vector(key: UInt64, version: UInt64) -> [Float] {
        var data = SeededVectors(seed: key &* 1_000 &+ version)
        return data.vector(dimension)
    }

    @Test(arguments: [CodeScheme.oneBit, .fourBit])
    func readersBesideWriters(codes: CodeScheme) throws {
        let parameters = HNSWParameters(m: 4, m0: 8, efConstruction: 8, efSearch: 12, codes: codes)
        let start: UInt64 = 940
        let index = try bulkIndex(
            (0..<start).map { Self.vector(key: $0, version: 0) }, metric: .l2, parameters: parameters)
        #expect(index.codes == nil)
        let writersLeft = Atomic(2)
        let nextRole = Atomic(0)
        // Key 3 is never removed: what readers can always count on.
        let outcomes = onThreads(7) { () -> [String] in
            let role = nextRole.add(1, ordering: .relaxed).oldValue
            do {
                if role < 2 {
                    defer { writersLeft.subtract(1, ordering: .relaxed) }
                    return try Self.write(index, parity: UInt64(role))
                }
                var problems: [String] = []
                var round = 0, answers = 0
                while round < 25 || (writersLeft.load(ordering: .relaxed) > 0 && round < 4_000) {
                    if let found = try Self.read(index, role: role, round: round) {
                        problems += found
                        answers += 1
                    }
                    round += 1
                }
                return answers > 0 ? problems : ["none of the \(round) searches of role \(role) had an answer"]
            } catch {
                return ["\(error)"]
            }
        }
        for problems in outcomes { #expect(problems.prefix(5) == [], "\(codes)") }

        // The end: the same as if the writers had taken any turns.
        #expect(index.codes != nil && index.trainedCount == 1_024)
        #expect(index.checkInvariants() == [])
        #expect(index.staleRecords() == [])
        let model = Self.finalModel(start: start)
        #expect(index.count == model.count)
        for key in 0..<Self.keyLimit {
            #expect(index.vector(forKey: key) == model[key].map { Self.vector(key: key, version: $0) }, "key \(key)")
        }
        for key in stride(from: UInt64(0), to: Self.keyLimit, by: 100) {
            let query = Self.vector(key: key, version: 9)
            let wanted = model.map { key, version in
                Self.vector(key: key, version: version).indices.reduce(0.0) { sum, place in
                    let way = Double(Self.vector(key: key, version: version)[place] - query[place])
                    return sum + way * way
                }
            }.sorted().prefix(5)
            let found = try index.exactSearch(query, k: 5).map { Double($0.distance) }
            #expect(zip(found, wanted).allSatisfy { abs($0 - $1) < 1e-4 } && found.count == 5)
        }
    }

    /// What a writer does, in order: add the new keys, replace some, remove some, replace again.
    private static func changes(parity: UInt64) -> [(key: UInt64, version: UInt64?)] {
        var list: [(UInt64, UInt64?)] = []
        for key in UInt64(0)..<keyLimit where key % 2 == parity {
            if key >= 940 { list.append((key, 1)) }
            if key % 7 == 1 { list.append((key / 2 * 2 + parity, 2)) }
            if key % 6 == 4 || key % 6 == 5 { list.append((key, nil)) }
            if key % 12 == 4 || key % 12 == 5 { list.append((key, 3)) }
        }
        return list.filter { $0.0 != 3 }
    }

    private static func finalModel(start: UInt64) -> [UInt64: UInt64] {
        var model = Dictionary(uniqueKeysWithValues: (0..<start).map { ($0, UInt64(0)) })
        for parity in UInt64(0)...1 { for (key, version) in changes(parity: parity) { model[key] = version } }
        return model
    }

    private static func write(_ index: HNSWIndex, parity: UInt64) throws -> [String] {
        for (key, version) in changes(parity: parity) {
            if let version {
                try index.add(vector(key: key, version: version), key: key)
                if index.vector(forKey: key) != vector(key: key, version: version) { return ["lost key \(key)"] }
            } else {
                _ = try index.remove(key: key)
                if index.contains(key: key) { return ["key \(key) is still there"] }
            }
        }
        return []
    }

    /// What is wrong with an answer; nil if the index gave none.
    private static func read(_ index: HNSWIndex, role: Int, round: Int) throws -> [String]? {
        let query = vector(key: UInt64(round), version: UInt64(role) + 20)
        let k = 1 + round % 12
        switch role {
        case 2: return problems(try index.search(query, k: k), query, k)
        case 3:
            return try readBatches(index, round, k)
        case 4: return problems(try index.exactSearch(query, k: k), query, k)
        case 5:
            return try readFiltered(index, query, k)
        default:
            let text = index.dump()
            let use = index.memoryUse
            _ = index.dump(key: UInt64(round))
            let isOdd = round % 40 == 0 && index.checkInvariants() != []
            return text.contains("vectors") && use.count == 6 && index.count > 500 && index.contains(key: 3) && !isOdd
                ? [] : ["dump, count, or invariants"]
        }
    }

    private static func readBatches(_ index: HNSWIndex, _ round: Int, _ k: Int) throws -> [String] {
        let queries = (0..<6).map { vector(key: UInt64(round), version: UInt64($0) + 30) }
        let flat = queries.flatMap { $0 }
        let found = try index.searchBatch(flat.span, k: k, efSearch: 12, threads: 2)
        let exact = try index.exactSearchBatch(flat.span, k: k, threads: 2)
        return zip(queries, found).flatMap { problems($1, $0, k) } + zip(queries, exact).flatMap { problems($1, $0, k) }
    }

    /// A bitmap may have grown old between its making and the search; nothing else may fail.
    private static func readFiltered(_ index: HNSWIndex, _ query: [Float], _ k: Int) throws -> [String]? {
        let allowed = index.makeBitmap { $0 % 3 != 0 || $0 == 3 }
        if allowed.isEmpty { return ["an empty bitmap"] }
        let answer = Result { () throws(VectorIndexError) in try index.search(query, k: k, allowed: allowed) }
        if case .failure(.staleBitmap) = answer { return nil }
        let found = try answer.get()
        return problems(found, query, min(k, allowed.count))
            + found.filter { $0.key % 3 == 0 && $0.key != 3 }.map { "key \($0.key) was not allowed" }
    }

    /// What is wrong with an answer whatever the moment: it holds k keys that are sometimes there, in order, each at the
    /// distance of one of its vectors.
    private static func problems(_ found: [Neighbor], _ query: [Float], _ k: Int) -> [String] {
        var list: [String] = []
        if found.count != k { list.append("\(found.count) results for \(k)") }
        if Set(found.map(\.key)).count != found.count { list.append("a key comes twice") }
        if zip(found, found.dropFirst()).contains(where: { ($0.distance, $0.key) > ($1.distance, $1.key) }) {
            list.append("not in order")
        }
        for neighbor in found {
            let isKnown = (UInt64(0)...3).contains { version in
                let stored = vector(key: neighbor.key, version: version)
                let distance = zip(stored, query).reduce(Float(0)) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
                return abs(distance - neighbor.distance) < 1e-3
            }
            if neighbor.key >= keyLimit || !isKnown { list.append("key \(neighbor.key) at \(neighbor.distance)") }
        }
        return list
    }
}
