import Foundation
import Kernels
import Testing

@testable import Embedding

private func dot(_ a: [Float], _ b: [Float]) -> Double {
    zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
}

@Suite struct EmbedderTests {
    /// Vectors of sentence-transformers on torch, float32.
    @Test(arguments: [(EmbeddingPrecision.float32, 0.99999), (.bfloat16, 0.9999), (.int8, 0.993)])
    func equalsTheReferenceOnEveryGoldenLine(precision: EmbeddingPrecision, bound: Double) throws {
        let lines = try GoldenReader.lines()
        var golden = try GoldenReader("vectors.bin")
        let (count, dimension) = (golden.number(), golden.number())
        let chosen = (0..<count).map { _ in golden.number() }
        let embedder = try TestModel.embedder(precision)
        let vectors = try embedder.embedBlocking(chosen.map { lines[$0] }, purpose: .passage)
        var cosines: [Double] = []
        for (line, vector) in zip(chosen, vectors) {
            let cosine = dot(vector, golden.floats(dimension))
            cosines.append(cosine)
            #expect(cosine >= bound, "line \(line): \(lines[line].prefix(60).debugDescription)")
            #expect(abs(dot(vector, vector) - 1) < 1e-5)
        }
        #expect(count == 200 && dimension == 384)
        let mean = cosines.reduce(0, +) / Double(count)
        print("\(precision): lowest cosine over \(count) golden lines \(cosines.min() ?? 0), mean \(mean)")
    }

    /// Every precision with the kernels of every instruction set that this CPU runs.
    @Test(arguments: SIMDLevel.available, [(EmbeddingPrecision.float32, 0.99999), (.bfloat16, 0.9999), (.int8, 0.993)])
    func equalsTheReferenceAtEveryLevel(level: SIMDLevel, precision: (EmbeddingPrecision, Double)) throws {
        let lines = try GoldenReader.lines()
        var golden = try GoldenReader("vectors.bin")
        let (count, dimension) = (golden.number(), golden.number())
        let chosen = (0..<count).map { _ in golden.number() }
        let embedder = try Embedder(
            modelFolder: TestModel.folder(), precision: precision.0, workers: 2, cachedVectors: 0, level: level)
        let vectors = try embedder.embedBlocking(chosen.prefix(30).map { lines[$0] }, purpose: .passage)
        for (line, vector) in zip(chosen, vectors) {
            let cosine = dot(vector, golden.floats(dimension))
            #expect(cosine >= precision.1, "line \(line): \(lines[line].prefix(60).debugDescription)")
        }
    }

    /// A question shared out among threads has the vector that one thread gives it in bulk. Where BLAS attends, the order of
    /// its sums depends on how many queries a thread has; what rounds differently in the first layer spreads through the
    /// others by a few steps of the precision. A token of a wrong share moves the vector by far more.
    @Test(arguments: [(EmbeddingPrecision.float32, 0.999999), (.bfloat16, 0.9999), (.int8, 0.999)])
    func teamsGiveWhatOneThreadGives(precision: EmbeddingPrecision, bound: Double) throws {
        let lines = Array(try GoldenReader.lines()[300..<340]) + ["", "flat", String(repeating: "villa ", count: 400)]
        for workers in [2, 3] {
            let embedder = try Embedder(
                modelFolder: TestModel.folder(), precision: precision, workers: workers, cachedVectors: 0)
            let bulk = try embedder.embedBlocking(lines, purpose: .query)
            for (line, vector) in zip(lines, bulk) {
                let question = try embedder.embedBlocking([line], purpose: .query, priority: .question)[0]
                #expect(dot(question, vector) >= bound, "\(line.prefix(60).debugDescription)")
            }
            let together = try embedder.embedBlocking(lines, purpose: .query, priority: .question)
            for (a, b) in zip(together, bulk) { #expect(dot(a, b) >= bound) }
        }
    }

    /// What the cache gives is what was computed, by text and by purpose.
    @Test func textsThatComeAgain() async throws {
        let embedder = try Embedder(modelFolder: TestModel.folder(), precision: .int8, cachedVectors: 64)
        let texts = ["flat", "villa", "flat", "a tower by the sea"]
        let first = try embedder.embedBlocking(texts, purpose: .passage)
        #expect(first[0] == first[2])
        let computed = embedder.computedTexts
        #expect(try embedder.embedBlocking(texts + ["new"], purpose: .passage).prefix(4) == first[...])
        #expect(embedder.computedTexts == computed + 1)
        #expect(try await embedder.embed(texts, purpose: .query, priority: .question) == first)
        #expect(embedder.computedTexts == computed + 1)
        var reports: [Int] = []
        _ = try embedder.embedBlocking(texts, purpose: .passage) { reports.append($0) }
        #expect(reports == [4])
    }

    /// A text has the same vector whatever it shares a batch with, in every precision.
    @Test(arguments: EmbeddingPrecision.allCases)
    func batchesDoNotChangeVectors(precision: EmbeddingPrecision) throws {
        let lines = Array(try GoldenReader.lines()[200..<230])
        let embedder = try Embedder(modelFolder: TestModel.folder(), precision: precision, cachedVectors: 0)
        let together = try embedder.embedBlocking(lines, purpose: .passage)
        for (line, vector) in zip(lines, together) {
            let alone = try embedder.embedBlocking([line], purpose: .passage)[0]
            #expect(dot(alone, vector) >= 0.999999, "\(line.prefix(60).debugDescription)")
        }
        #expect(embedder.computedTexts == 2 * lines.count)
    }

    @Test func manyConcurrentCallsEqualSerialOnes() async throws {
        let embedder = try Embedder(modelFolder: TestModel.folder(), precision: .float32, cachedVectors: 0)
        let lines = Array(try GoldenReader.lines()[100..<160])
        var serial: [[Float]] = []
        for line in lines { serial += try await embedder.embed([line], purpose: .query, priority: .question) }
        let together = try await embedder.embed(lines, purpose: .query, priority: .bulk)
        let parallel = try await withThrowingTaskGroup(of: (Int, [[Float]]).self) { group in
            for start in stride(from: 0, to: lines.count, by: 3) {
                group.addTask {
                    let part = Array(lines[start..<(start + 3)])
                    let priority: EmbeddingPriority = start % 2 == 0 ? .question : .bulk
                    return (start, try await embedder.embed(part, purpose: .query, priority: priority))
                }
            }
            var vectors = [[Float]](repeating: [], count: lines.count)
            for try await (start, part) in group { vectors.replaceSubrange(start..<(start + 3), with: part) }
            return vectors
        }
        for i in lines.indices {
            #expect(dot(serial[i], together[i]) > 0.999999 && dot(serial[i], parallel[i]) > 0.999999, "line \(i)")
        }
        #expect(embedder.computedTexts == 3 * lines.count)
    }

    @Test func progressRisesToTheEndOnTheCallingThread() throws {
        let texts = (0..<150).map { "listing number \($0)" }
        var reports: [Int] = []
        let vectors = try TestModel.shared.get().embedBlocking(texts, purpose: .passage) { reports.append($0) }
        #expect(vectors.count == 150)
        #expect(reports.last == 150 && reports == Array(Set(reports)).sorted())
    }

    @Test func nothingInNothingOut() async throws {
        let embedder = try TestModel.shared.get()
        #expect(try embedder.embedBlocking([], purpose: .query) == [])
        #expect(try await embedder.embed([], purpose: .query, priority: .question) == [])
        #expect(embedder.countTokens("") == 0 && embedder.tokenOffsets("") == [])
        #expect(try embedder.embedBlocking([""], purpose: .query).first?.count == 384)
    }

    @Test func cancellingDropsWhatWaits() async throws {
        let embedder = try TestModel.shared.get()
        let texts = (0..<3_000).map { "a long list of flats, part \($0) of many" }
        let task = Task { try await embedder.embed(texts, purpose: .passage, priority: .bulk) }
        try await Task.sleep(nanoseconds: 20_000_000)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        // The embedder goes on serving.
        #expect(try await embedder.embed(["still here"], purpose: .query, priority: .question).count == 1)
        let early = Task { try await embedder.embed(texts, purpose: .passage, priority: .bulk) }
        early.cancel()
        await #expect(throws: CancellationError.self) { try await early.value }
    }

    /// Work for a minute, so that what a test does meanwhile comes in between however slow the machine is.
    private static let bulk: [String] = {
        let words = (0..<100).map { "word\($0)" }.joined(separator: " ")
        return (0..<3_000).map { "passage \($0): \(words)" }
    }()

    /// A question asked in the middle of bulk work is answered before that work is done.
    @Test func questionsOvertakeBulkWork() async throws {
        let embedder = try TestModel.shared.get()
        let work = Task { try await embedder.embed(Self.bulk, purpose: .passage, priority: .bulk) }
        try await Task.sleep(nanoseconds: 20_000_000)
        _ = try await embedder.embed(["what is the service charge?"], purpose: .query, priority: .question)
        // Still unfinished: cancelling it is what ends it.
        work.cancel()
        await #expect(throws: CancellationError.self) { try await work.value }
    }

    @Test func threadsEndWithTheEmbedder() throws {
        func threadCount() throws -> Int {
            try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count
        }
        try TinyModel().withFolder { folder in
            // Left behind, one of each embedder would be 400; other tests of this process come and go beside.
            let before = try threadCount()
            for _ in 0..<400 {
                _ = try Embedder(modelFolder: folder, workers: 3).embedBlocking(["flat"], purpose: .query)
            }
            #expect(try threadCount() < before + 300)
        }
    }

    /// A server that was stopped in the middle of an ingest crashed inside OpenBLAS while the process ended.
    @Test func shuttingDownWaitsForRunningBatchesAndRefusesTheRest() async throws {
        let embedder = try Embedder(modelFolder: TestModel.folder())
        let work = Task { try await embedder.embed(Self.bulk, purpose: .passage, priority: .bulk) }
        try await Task.sleep(nanoseconds: 20_000_000)
        let down = Task.detached { embedder.shutDown() }
        await down.value
        await #expect(throws: EmbeddingError.shutDown) { try await work.value }
        await #expect(throws: EmbeddingError.shutDown) {
            try await embedder.embed(["late"], purpose: .query, priority: .question)
        }
        #expect(throws: EmbeddingError.shutDown) { try embedder.embedBlocking(["late"], purpose: .query) }
        embedder.shutDown()
    }
}
