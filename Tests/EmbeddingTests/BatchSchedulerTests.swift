import Testing

@testable import Embedding

@Suite struct BatchSchedulerTests {
    private typealias Reference = BatchScheduler.TextReference

    private func sequences(_ texts: [BatchScheduler.TextReference], length: (Int) -> Int) -> [BatchScheduler.Sequence] {
        texts.map { .init(text: $0, ids: [Int32](repeating: 1, count: length($0.index))) }
    }

    @Test func questionsAndBulkWorkDoNotWaitForEachOther() throws {
        var scheduler = BatchScheduler(workers: 2)
        try scheduler.submit(request: 1, count: 100, priority: .bulk)
        #expect(scheduler.next(.question) == nil)
        try scheduler.submit(request: 2, count: 1, priority: .question)
        guard case .tokenize(let texts) = scheduler.next(.question) else {
            Issue.record("the question is not there")
            return
        }
        #expect(texts == [Reference(request: 2, index: 0)])
        scheduler.add(sequences(texts) { _ in 9 }, priority: .question)
        guard case .run(let batch) = scheduler.next(.question) else {
            Issue.record("no batch for the question")
            return
        }
        #expect(batch.map(\.text) == texts)
        #expect(scheduler.next(.question) == nil)
        #expect(scheduler.next(.bulk) != nil)
    }

    @Test func waitingQuestionsAreMergedIntoOneBatch() throws {
        var scheduler = BatchScheduler(workers: 2)
        for request in 1...5 { try scheduler.submit(request: request, count: 1, priority: .question) }
        guard case .tokenize(let texts) = scheduler.next(.question) else {
            Issue.record("nothing to tokenize")
            return
        }
        #expect(texts.count == 5)
        scheduler.add(sequences(texts) { _ in 10 }, priority: .question)
        guard case .run(let batch) = scheduler.next(.question) else {
            Issue.record("no batch")
            return
        }
        #expect(batch.count == 5)
    }

    @Test func batchesAreSortedAndKeepTheBudget() throws {
        var scheduler = BatchScheduler(workers: 1)
        try scheduler.submit(request: 1, count: BatchScheduler.textsPerPiece, priority: .bulk)
        guard case .tokenize(let texts) = scheduler.next(.bulk) else {
            Issue.record("nothing to tokenize")
            return
        }
        scheduler.add(sequences(texts) { 3 + $0 * 4 }, priority: .bulk)
        var lengths: [Int] = []
        while case .run(let batch) = scheduler.next(.bulk) {
            let tokens = batch.reduce(0) { $0 + $1.ids.count }
            #expect(tokens <= BatchScheduler.tokensPerBatch)
            lengths += batch.map(\.ids.count)
        }
        #expect(lengths == lengths.sorted(by: >) && lengths.count == texts.count)
        #expect(scheduler.waitingTexts == 0)
    }

    @Test func theEndIsSharedByTheWorkersAndOversizedTextsRunAlone() throws {
        var scheduler = BatchScheduler(workers: 2)
        scheduler.add(
            sequences([.init(request: 1, index: 0), .init(request: 1, index: 1)]) { _ in 200 }, priority: .bulk)
        guard case .run(let half) = scheduler.next(.bulk) else {
            Issue.record("no batch")
            return
        }
        #expect(half.count == 1)
        scheduler.add(sequences([.init(request: 2, index: 0)]) { _ in 5_000 }, priority: .bulk)
        #expect(scheduler.next(.bulk) != nil && scheduler.next(.bulk) != nil)
        #expect(scheduler.waitingTexts == 0)
    }

    @Test func cancellingForgetsOneRequestAlone() throws {
        var scheduler = BatchScheduler(workers: 1)
        try scheduler.submit(request: 1, count: 70, priority: .bulk)
        try scheduler.submit(request: 2, count: 2, priority: .bulk)
        guard case .tokenize(let texts) = scheduler.next(.bulk) else {
            Issue.record("nothing to tokenize")
            return
        }
        scheduler.add(sequences(texts) { _ in 4 }, priority: .bulk)
        scheduler.cancel(request: 1)
        #expect(scheduler.waitingTexts == 2)
        guard case .tokenize(let rest) = scheduler.next(.bulk) else {
            Issue.record("request 2 is lost")
            return
        }
        #expect(rest.allSatisfy { $0.request == 2 } && rest.count == 2)
        #expect(scheduler.next(.bulk) == nil && scheduler.waitingTexts == 0)
    }

    @Test func theQueueHasACeiling() throws {
        var scheduler = BatchScheduler(workers: 1)
        let limit = BatchScheduler.maximumWaitingTexts
        try scheduler.submit(request: 1, count: limit, priority: .bulk)
        #expect(throws: EmbeddingError.queueFull(waitingTexts: limit, limit: limit)) {
            try scheduler.submit(request: 2, count: 1, priority: .question)
        }
    }

    /// Whatever the order of events, every text comes out exactly once.
    @Test(arguments: [1, 2, 3, 4, 5])
    func nothingIsLostOrDoubled(seed: UInt64) throws {
        var state = seed
        func random(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        var scheduler = BatchScheduler(workers: 2)
        var submitted: Set<BatchScheduler.TextReference> = []
        var done: [BatchScheduler.TextReference] = []
        var open: [([BatchScheduler.TextReference], BatchScheduler.Priority)] = []
        for step in 0..<300 {
            if step < 150, random(3) == 0 {
                let count = random(150)
                try scheduler.submit(request: step, count: count, priority: random(2) == 0 ? .question : .bulk)
                for index in 0..<count { submitted.insert(.init(request: step, index: index)) }
            }
            let priority: BatchScheduler.Priority = random(2) == 0 ? .question : .bulk
            switch scheduler.next(priority) {
            case .tokenize(let texts): open.append((texts, priority))
            case .run(let batch): done += batch.map(\.text)
            case nil: break
            }
            if !open.isEmpty, random(2) == 0 {
                let (texts, priority) = open.remove(at: random(open.count))
                scheduler.add(sequences(texts) { 2 + $0 % 250 }, priority: priority)
            }
        }
        while true {
            for (texts, priority) in open { scheduler.add(sequences(texts) { _ in 5 }, priority: priority) }
            open = []
            var isIdle = true
            for priority in [BatchScheduler.Priority.question, .bulk] {
                guard let work = scheduler.next(priority) else { continue }
                isIdle = false
                switch work {
                case .tokenize(let texts): open.append((texts, priority))
                case .run(let batch): done += batch.map(\.text)
                }
            }
            if isIdle { break }
        }
        #expect(done.count == submitted.count && Set(done) == submitted, "seed \(seed)")
        #expect(scheduler.waitingTexts == 0, "seed \(seed)")
    }
}
