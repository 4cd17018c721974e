import TestSupport
import Testing

@testable import VectorIndex

@Suite struct GraphProofTests {
    @Test func soundGraphsPass() throws {
        for graph in [
            try makeChangedIndex(count: 200, dimension: 4).graph, try CodedSetup.of(.none).index.graph,
            HNSWGraph(m: 4, m0: 8, seed: 1),
        ] {
            #expect(GraphProof(graph: graph).firstProblem() == nil)
            #expect(GraphProof(graph: graph).firstUnsafeLink() == nil)
        }
    }

    /// Random words written over random places of the links, the parents and the ends of the tree: the proof finds all
    /// that the slow check finds, and what lets a walk leave memory never passes the fast one.
    @Test func agreesWithTheInvariants() throws {
        let seed: UInt64 = 0x6F
        var generator = SeededGenerator(seed: seed)
        var broken = 0, unsafe = 0
        for round in 0..<300 {
            let index = try makeChangedIndex(count: 20, dimension: 2)
            let graph = index.graph
            let slots = UInt32(graph.slotCount)
            let value = [UInt32.random(in: 0..<slots + 2, using: &generator), .max, 1 << 30][round % 3]
            let slot = UInt32.random(in: 0..<slots, using: &generator)
            switch round % 7 {
            case 0: graph.entryPoint = value
            case 1: graph.root = value == .max ? nil : value
            case 2: graph.setParent(of: slot, to: value == slots ? nil : value)
            default:
                let level = Int.random(in: 0...graph.level(of: slot), using: &generator)
                graph.block(of: slot, level: level)[
                    Int.random(in: 0..<graph.capacity(level: level), using: &generator)] = value
            }
            let place: Comment = "seed \(seed), round \(round)"
            let proof = GraphProof(graph: graph)
            let isBroken = proof.firstProblem() != nil
            #expect(isBroken == !graph.checkInvariants().isEmpty, place)
            if isBroken { broken += 1 }
            if proof.firstUnsafeLink() != nil {
                unsafe += 1
                #expect(isBroken, place)
            } else {
                // What passes may be searched.
                try searchInEveryWay(index)
            }
        }
        #expect(broken > 150 && unsafe > 50, "\(broken) broken, \(unsafe) unsafe")
    }
}
