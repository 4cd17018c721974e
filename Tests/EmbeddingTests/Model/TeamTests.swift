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
}
