import TestSupport
import Testing

@testable import VectorStore

@Suite struct TextSignaturesTests {
    private let words = ["villa", "marina", "sea view", "شقة", "naïve", "a", "", "AED 1,200,000", "\n", "villas"]

    private func text(_ random: inout SeededGenerator) -> String? {
        guard Int.random(in: 0..<8, using: &random) > 0 else { return nil }
        return (0..<Int.random(in: 0..<6, using: &random)).map { _ in words.randomElement(using: &random) ?? "" }
            .joined(separator: Bool.random(using: &random) ? " " : "")
    }

    private func filter(_ random: inout SeededGenerator, depth: Int = 0) throws -> DocumentFilter {
        if depth < 3, Int.random(in: 0..<3, using: &random) == 0 {
            let parts = try (0..<Int.random(in: 0..<4, using: &random)).map { _ in
                try filter(&random, depth: depth + 1)
            }
            return Bool.random(using: &random) ? .and(parts) : .or(parts)
        }
        let patterns = [
            "vil+a", "(?i)VILLA", "marina|sea", "sea.view$", "^villa", "v[io]llas?", "(villa){2}", "\\bsea\\b view",
            "x*", "ï",
        ]
        let word = words.randomElement(using: &random) ?? ""
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return .contains(word)
        case 1: return .notContains(word)
        case 2: return .regex(try TextPattern(patterns.randomElement(using: &random) ?? "x"))
        default: return .notRegex(try TextPattern(patterns.randomElement(using: &random) ?? "x"))
        }
    }

    @Test(arguments: [51, 52, 53] as [UInt64])
    func certainSlotsMatchAndOthersDoNot(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var signatures = TextSignatures()
        var texts: [UInt32: String?] = [:]
        var live = SlotSet(capacity: 0)
        for step in 0..<1_500 {
            let slot = UInt32.random(in: 0..<1_100, using: &random)
            if live.capacity <= Int(slot) { live.resize(to: Int(slot) + 1) }
            if Int.random(in: 0..<4, using: &random) == 0 {
                signatures.remove(slot: slot)
                live.remove(slot)
                texts[slot] = nil
            } else {
                let text = text(&random)
                signatures.set(slot: slot, text: text)
                live.insert(slot)
                texts[slot] = .some(text)
            }
            guard step % 50 == 49 else { continue }
            for _ in 0..<10 {
                let filter = try filter(&random)
                let (certain, unsure) = signatures.slots(matching: filter, live: live)
                #expect(certain.intersection(unsure).isEmpty, "seed \(seed), step \(step)")
                for slot in live {
                    let matches = filter.matches(texts[slot] ?? nil)
                    let isRight = certain.contains(slot) ? matches : unsure.contains(slot) || !matches
                    #expect(isRight, "seed \(seed), step \(step), \(filter), \(String(describing: texts[slot]))")
                }
                #expect(certain.union(unsure).subtracting(live).isEmpty)
            }
        }
    }

    /// Little is read that does not match, and memory comes back.
    @Test func fewAreTakenForOthers() {
        var random = SeededGenerator(seed: 5)
        var signatures = TextSignatures()
        var live = SlotSet(capacity: 2_000)
        for slot in 0..<UInt32(2_000) {
            let text = (0..<100).map { _ in String(Int.random(in: 100_000..<999_999, using: &random)) }
            signatures.set(slot: slot, text: text.joined(separator: " ") + (slot % 100 == 0 ? " near the metro" : ""))
            live.insert(slot)
        }
        let found = signatures.slots(matching: .contains("near the metro"), live: live)
        #expect(found.certain.isEmpty && Set(found.unsure).isSuperset(of: (0..<20).map { $0 * 100 }))
        #expect(found.unsure.count < 25)
        #expect(signatures.memoryFootprint < 2_048 * 260)
        for slot in 0..<UInt32(2_000) { signatures.remove(slot: slot) }
        #expect(signatures.memoryFootprint < 1_000)
    }

    @Test func whatAPatternRequires() throws {
        func requirement(_ pattern: String) throws -> TextRequirement { try TextPattern(pattern).requirement }
        #expect(try requirement("abc") == .part("abc"))
        #expect(try requirement("^abc$") == .part("abc"))
        #expect(try requirement("ab.cd") == .all([.part("ab"), .part("cd")]))
        #expect(try requirement("ab|cd") == .any([.part("ab"), .part("cd")]))
        #expect(try requirement("ab?c") == .all([.part("a"), .part("c")]))
        #expect(try requirement("(ab)+c") == .all([.part("ab"), .part("c")]))
        #expect(try requirement("x*") == .nothing && requirement("") == .nothing)
    }
}
