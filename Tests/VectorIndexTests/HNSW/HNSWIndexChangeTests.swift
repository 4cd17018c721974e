import TestSupport
import Testing

@testable import VectorIndex

/// Random sequences of changes against a plain dictionary and the full scan.
@Suite struct HNSWIndexChangeTests {
    struct Setup: Sendable, CustomTestStringConvertible {
        let seed: UInt64
        let metric: Metric
        let parameters: HNSWParameters
        var testDescription: String { "seed \(seed), \(metric), m \(parameters.m), m0 \(parameters.m0)" }
    }

    static let setups = [
        Setup(seed: 1, metric: .cosine, parameters: .init()),
        Setup(seed: 2, metric: .l2, parameters: .init(m: 2, m0: 2, efConstruction: 8, efSearch: 20)),
        Setup(seed: 3, metric: .dot, parameters: .init(m: 3, m0: 5, efConstruction: 10, efSearch: 20)),
        Setup(seed: 4, metric: .l2, parameters: .init(m: 4, m0: 8, efConstruction: 1, efSearch: 1)),
        Setup(seed: 5, metric: .cosine, parameters: .init(m: 8, m0: 8, efConstruction: 40, efSearch: 40)),
    ]

    @Test(arguments: setups)
    func sequences(setup: Setup) throws {
        var data = SeededVectors(seed: setup.seed)
        let dimension = 6
        // A small grid makes many equal vectors and equal distances.
        func vector() -> [Float] {
            let grid = (0..<dimension).map { _ in Float(Int.random(in: -2...2, using: &data)) }
            return grid.allSatisfy { $0 == 0 } ? Array(repeating: 1, count: dimension) : grid
        }
        let index = try HNSWIndex(dimension: dimension, metric: setup.metric, parameters: setup.parameters)
        var truth: [UInt64: [Float]] = [:]
        for step in 0..<600 {
            let place: Comment = "seed \(setup.seed), step \(step)"
            let key = UInt64.random(in: 0..<120, using: &data)
            // Phases of growth and of decline.
            let removesOften = step / 150 % 2 == 1
            if Int.random(in: 0..<10, using: &data) < (removesOften ? 7 : 3) {
                #expect(try index.remove(key: key) == (truth.removeValue(forKey: key) != nil), place)
            } else {
                let added = vector()
                try index.add(added, key: key)
                truth[key] = added
            }
            #expect(index.count == truth.count, place)
            if step % 10 == 0 {
                let problems = index.checkInvariants()
                #expect(problems == [], place)
                if !problems.isEmpty { return }
                try check(index, truth, query: vector(), metric: setup.metric, place, &data)
            }
        }
        for key in UInt64(0)..<120 { #expect(index.contains(key: key) == (truth[key] != nil)) }
    }

    private func check(
        _ index: HNSWIndex, _ truth: [UInt64: [Float]], query: [Float], metric: Metric, _ place: Comment,
        _ data: inout SeededVectors
    ) throws {
        let remainder = UInt64.random(in: 0..<3, using: &data)
        let filters: [(UInt64) -> Bool] = [{ _ in true }, { $0 % 3 == remainder }, { $0 == 5 }, { _ in false }]
        for filter in filters {
            let allowed = index.makeBitmap(where: filter)
            let matches = truth.keys.filter(filter)
            #expect(allowed.count == matches.count, place)
            #expect(allowed == index.makeBitmap(keys: Array(matches) + [1_000]), place)
            let k = Int.random(in: 1...12, using: &data)
            let expected = matches.map { distance(query, truth[$0] ?? [], metric) }.sorted().prefix(k)
            let exact = [
                try index.exactSearch(query, k: k, allowed: allowed),
                // Level 0 is connected: a walk as wide as the index is exact.
                try index.graphSearch(query, k: k, efSearch: 1_000, allowed: allowed),
            ]
            for answer in exact {
                #expect(zip(answer, expected).allSatisfy { abs(Double($0.distance) - $1) < 1e-5 }, place)
            }
            let approximate = try index.search(query, k: k, allowed: allowed)
            #expect(zip(approximate, expected).allSatisfy { Double($0.distance) > $1 - 1e-5 }, place)
            for answer in exact + [approximate] {
                #expect(answer.count == expected.count, place)
                #expect(answer.allSatisfy { filter($0.key) && truth[$0.key] != nil }, place)
                #expect(Set(answer.map(\.key)).count == answer.count, place)
                #expect(
                    zip(answer, answer.dropFirst()).allSatisfy { ($0.distance, $0.key) < ($1.distance, $1.key) }, place)
            }
        }
    }

    private func distance(_ a: [Float], _ b: [Float], _ metric: Metric) -> Double {
        let a = a.map(Double.init), b = b.map(Double.init)
        func dot(_ a: [Double], _ b: [Double]) -> Double { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
        return switch metric {
        case .cosine: 1 - dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
        case .dot: -dot(a, b)
        case .l2: zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        }
    }
}
