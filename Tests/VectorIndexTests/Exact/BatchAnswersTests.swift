import Testing

@testable import VectorIndex

@Suite struct BatchAnswersTests {
    @Test func listsComeBackByQuery() {
        let answers = BatchAnswers(count: 3, limit: 2)
        let near = Candidate(distance: 0.5, slot: 7)
        let far = Candidate(distance: 2, slot: 1)
        answers.set(2, to: [near.rank, far.rank])
        answers.set(0, to: [far.rank])
        #expect(answers.lists == [[far], [], [near, far]])
        answers.set(2, to: [])
        #expect(answers.lists == [[far], [], []])
        #expect(BatchAnswers(count: 0, limit: 5).lists == [])
    }

    @Test func threads() {
        let answers = BatchAnswers(count: 400, limit: 3)
        ParallelLoop.run(count: 400, blockSize: 7, threads: 4) { queries, _ in
            for query in queries {
                answers.set(
                    query, to: (0..<(query % 4)).map { Candidate(distance: Float(query), slot: UInt32($0)).rank })
            }
            return true
        }
        for (query, list) in answers.lists.enumerated() {
            #expect(list == (0..<(query % 4)).map { Candidate(distance: Float(query), slot: UInt32($0)) })
        }
    }
}
