import ArgumentParser
import Embedding
import Foundation
import Synchronization

/// What `propertypro bench embedding` measures, one part at a time.
final class EmbeddingBenchmark {
    struct Ready: Encodable {
        var ready = true
        var seconds: Double
    }

    private struct Latency: Encodable {
        var part: String
        var texts: Int
        var tokens: Int
        var p50Ms: Double
        var p95Ms: Double
        var p99Ms: Double
        /// Of the bulk work meanwhile.
        var tokensPerSecondBeside: Double?
    }

    private struct Throughput: Encodable {
        var part: String
        var texts: Int
        var tokens: Int
        var seconds: Double
        var cpuSeconds: Double
        var gigaOperationsPerSecond: Double
    }

    private struct Tokenizing: Encodable {
        var part = "tokenizer"
        var questionsMbS: Double
        var passagesMbS: Double
        var tokens: Int
    }

    private struct Memory: Encodable {
        var part = "memory"
        var residentMb: Double
        var peakMb: Double
    }

    private struct Written: Encodable {
        var part: String
        var file: String
        var texts: Int
    }

    private let embedder: Embedder
    private let texts: [String: [String]]
    /// Ids that the encoder sees, special tokens included.
    private let tokenCounts: [String: [Int]]

    init(
        modelFolder: String, precision: EmbeddingPrecision, workers: Int, questions: [String], passages: [String],
        mixed: [String]
    ) throws {
        // Without a cache: passes repeat the same texts.
        embedder = try Embedder(modelFolder: modelFolder, precision: precision, workers: workers, cachedVectors: 0)
        texts = ["questions": questions, "passages": passages, "mixed": mixed]
        let embedder = embedder
        _ = try embedder.embedBlocking([questions[0]], purpose: .query, priority: .question)
        tokenCounts = texts.mapValues { texts in
            texts.map { embedder.tokenizer.encode($0, maximumTokens: embedder.maximumTokens).ids.count }
        }
    }

    func end() { embedder.shutDown() }

    func answer(_ words: [String]) throws -> any Encodable {
        switch (words[0], words.count) {
        case ("questions", 2): return try latency(words[0], Self.count(words[1]))
        case ("loaded", 2): return try loaded(Self.count(words[1]))
        case ("passages", 1), ("mixed", 1): return try throughput(words[0])
        case ("tokenizer", 1): return tokenizing()
        case ("vectors", 3): return try vectors(of: words[1], to: words[2])
        case ("memory", 1): return try memory()
        default: throw ValidationError("Unknown command \(words.joined(separator: " ")); see --help.")
        }
    }

    private static func count(_ word: String) throws -> Int {
        guard let count = Int(word), count > 0 else { throw ValidationError("\(word) is no number of texts.") }
        return count
    }

    private func latency(_ part: String, _ count: Int) throws -> Latency {
        let questions = (texts["questions"] ?? []).prefix(count)
        var milliseconds: [Double] = []
        for question in questions {
            let start = WorkClock.nanoseconds()
            _ = try embedder.embedBlocking([question], purpose: .query, priority: .question)
            milliseconds.append(Double(WorkClock.nanoseconds() - start) / 1e6)
        }
        func percentile(_ share: Double) -> Double { Statistics.percentile(milliseconds, share) ?? 0 }
        return Latency(
            part: part, texts: questions.count,
            tokens: tokenCounts["questions", default: []].prefix(count).reduce(0, +),
            p50Ms: percentile(0.5), p95Ms: percentile(0.95), p99Ms: percentile(0.99))
    }

    /// Questions while another thread hands in all passages again and again.
    private func loaded(_ count: Int) throws -> Latency {
        let isStopped = Atomic(false)
        let tokens = Atomic(0)
        let failure = Mutex<EmbeddingError?>(nil)
        let ended = DispatchSemaphore(value: 0)
        let passages = texts["passages"] ?? []
        let counts = tokenCounts["passages", default: []]
        let embedder = embedder
        let thread = Thread {
            while !isStopped.load(ordering: .relaxed) {
                do {
                    var seen = 0
                    _ = try embedder.embedBlocking(passages, purpose: .passage) { done in
                        tokens.add(counts[seen..<done].reduce(0, +), ordering: .relaxed)
                        seen = done
                    }
                } catch {
                    failure.withLock { $0 = error as? EmbeddingError }
                    break
                }
            }
            ended.signal()
        }
        thread.start()
        Thread.sleep(forTimeInterval: 0.2)
        // Only what is embedded while questions come counts.
        let clock = WorkClock(.process)
        let before = tokens.load(ordering: .relaxed)
        var result = try latency("loaded", count)
        let beside = tokens.load(ordering: .relaxed) - before
        let seconds = clock.elapsed().wallSeconds
        isStopped.store(true, ordering: .relaxed)
        ended.wait()
        if let failure = failure.withLock({ $0 }) { throw failure }
        result.tokensPerSecondBeside = Statistics.rate(Double(beside), seconds)
        return result
    }

    private func throughput(_ part: String) throws -> Throughput {
        let clock = WorkClock(.process)
        _ = try embedder.embedBlocking(texts[part] ?? [], purpose: .passage)
        let time = clock.elapsed()
        let counts = tokenCounts[part] ?? []
        return Throughput(
            part: part, texts: counts.count, tokens: counts.reduce(0, +), seconds: time.wallSeconds,
            cpuSeconds: time.cpuSeconds,
            gigaOperationsPerSecond: Statistics.rate(
                counts.reduce(0) { $0 + embedder.operationCount(tokens: $1) }, time.wallSeconds) / 1e9)
    }

    private func tokenizing() -> Tokenizing {
        func rate(_ part: String) -> (Double, Int) {
            let texts = texts[part] ?? []
            let bytes = texts.reduce(0) { $0 + $1.utf8.count }
            var ids: [Int32] = []
            var passes = 0
            let clock = WorkClock(.thread)
            repeat {
                ids.removeAll(keepingCapacity: true)
                for text in texts {
                    embedder.tokenizer.encodeIDs(text, maximumTokens: embedder.maximumTokens, into: &ids)
                }
                passes += 1
            } while clock.elapsed().wallSeconds < 0.5
            return (Statistics.rate(Double(bytes * passes), clock.elapsed().wallSeconds) / 1e6, ids.count)
        }
        let (questions, passages) = (rate("questions"), rate("passages"))
        return Tokenizing(
            questionsMbS: questions.0, passagesMbS: passages.0, tokens: questions.1 + passages.1)
    }

    private func vectors(of part: String, to path: String) throws -> Written {
        guard let texts = texts[part] else { throw ValidationError("There is no part \(part).") }
        let vectors =
            part == "questions"
            ? try texts.flatMap { try embedder.embedBlocking([$0], purpose: .query, priority: .question) }
            : try embedder.embedBlocking(texts, purpose: .passage)
        let writer = try VectorFileWriter(
            path: path, format: .fbin, count: vectors.count, dimension: embedder.dimension)
        try writer.append(vectors)
        try writer.close()
        return Written(part: part, file: path, texts: texts.count)
    }

    private func memory() throws -> Memory {
        guard let now = ProcessMemory.current(), let peak = ProcessMemory.peakBytes() else {
            throw ValidationError("The system does not say how much memory is used.")
        }
        return Memory(residentMb: Double(now.residentBytes) / 1e6, peakMb: Double(peak) / 1e6)
    }
}
