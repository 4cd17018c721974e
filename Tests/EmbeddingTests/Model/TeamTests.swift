import Foundation
import Synchronization
import Testing

@testable import Embedding

@Suite struct TeamTests {
    @Test(arguments: [1, 2, 3, 7], [0, 1, 5, 64, 255])
    func sharesCoverAllTokensOnce(members: Int, tokens: Int) {
        let team = Team(memberCount: members)
        let shares = (0..<members).map { team.share(of: $0, tokens: tokens) }
        #expect(shares.flatMap { Array($0) } == Array(0..<tokens))
        let counts = shares.map(\.count)
        #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 1)
    }

    /// Nobody leaves a meeting before all have come, over many meetings and with more members than cores.
    @Test(arguments: [2, 5])
    func nobodyLeavesAMeetingEarly(members: Int) {
        let team = Team(memberCount: members)
        let arrivals = Atomic<Int>(0)
        let early = Atomic<Int>(0)
        let ended = DispatchGroup()
        for _ in 0..<members {
            let thread = Thread {
                for meeting in 1...2_000 {
                    arrivals.add(1, ordering: .sequentiallyConsistent)
                    team.meet()
                    if arrivals.load(ordering: .sequentiallyConsistent) < meeting * members {
                        early.add(1, ordering: .relaxed)
                    }
                    team.meet()
                }
                ended.leave()
            }
            ended.enter()
            thread.start()
        }
        ended.wait()
        #expect(early.load(ordering: .relaxed) == 0)
        #expect(arrivals.load(ordering: .relaxed) == 2_000 * members)
    }

    /// The real model on teams of several sizes, also with fewer tokens than members.
    @Test(arguments: [2, 3, 7])
    func aTeamGivesWhatOneThreadGives(members: Int) throws {
        let folder = try ModelFolder(path: TestModel.folder())
        let model = try BERTModel(
            configuration: folder.configuration, weights: folder.weights, linears: PackedLinears.load(folder, .float32))
        for lengths in [[3], [5, 9, 2], [130, 20, 2, 77]] {
            let batch = TokenBatch(
                lengths.map { length in (0..<length).map { Int32(1_000 + 37 * $0 + length) } })
            let alone = SharedActivations()
            var own = Activations()
            model.forward(batch, alone, &own)
            let team = Team(memberCount: members)
            let shared = SharedActivations()
            shared.reserve(tokens: batch.tokenCount, memberCount: members, folder.configuration)
            let ended = DispatchGroup()
            for member in 0..<members {
                ended.enter()
                Thread {
                    var own = Activations()
                    model.forward(batch, member: member, of: team, shared, &own)
                    ended.leave()
                }.start()
            }
            ended.wait()
            func rows(_ activations: SharedActivations) -> [Float] {
                activations.hidden.withRows(0..<batch.tokenCount) { rows in rows.indices.map { rows[$0] } }
            }
            let largest = zip(rows(alone), rows(shared)).map { abs($0 - $1) }.max() ?? 0
            #expect(largest < 1e-5, "\(lengths) tokens")
        }
    }
}
