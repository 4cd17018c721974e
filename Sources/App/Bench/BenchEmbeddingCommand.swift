import API
import ArgumentParser
import Embedding
import Foundation

extension Bench {
    struct Embedding: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measures the encoder; answers commands, so that encoders can take turns.",
            discussion: """
                Loads the model, prints a line, then answers each line of standard input with one JSON object a line:
                  questions N      the first N questions, one at a time: p50_ms, p99_ms
                  loaded N         the same while passages are embedded without pause: p50_ms, p95_ms, p99_ms
                  passages, mixed  all at once: seconds, tokens, giga_operations_per_second of all products
                  tokenizer        MB of text a second on one thread, questions and passages
                  vectors PART F   writes the vectors of questions, passages or mixed to F, as fbin
                  memory           resident_mb, peak_mb
                  quit
                Files hold one text a line; Benchmarks/workloads.py makes them.
                  echo passages | propertypro bench embedding --precision int8 --questions q.txt --passages p.txt \
                --mixed m.txt
                """)

        @Option(name: .long, help: "File of questions.") var questions: String
        @Option(name: .long, help: "File of passages.") var passages: String
        @Option(name: .long, help: "File of texts of mixed lengths.") var mixed: String
        @Option(name: .long, help: "float32, bfloat16 or int8.") var precision = EmbeddingPrecision.standard
        @Option(name: .long, help: "Threads that embed, 1 to 64.") var workers = 2
        @Option(name: .long, help: "Folder of the embedding model.") var model: String?

        func validate() throws {
            guard (1...64).contains(workers) else { throw ValidationError("--workers must be between 1 and 64.") }
        }

        func run() throws {
            #if DEBUG
                Output.note("This is a debug build: its speeds mean nothing.")
            #endif
            let clock = WorkClock(.process)
            let benchmark = try EmbeddingBenchmark(
                modelFolder: model ?? Installation.defaultModelFolder, precision: precision, workers: workers,
                questions: Self.lines(questions), passages: Self.lines(passages), mixed: Self.lines(mixed))
            defer { benchmark.end() }
            try Self.answer(EmbeddingBenchmark.Ready(seconds: clock.elapsed().wallSeconds))
            while let line = readLine() {
                let words = line.split(separator: " ").map(String.init)
                if words.isEmpty { continue }
                if words == ["quit"] { break }
                try Self.answer(try benchmark.answer(words))
            }
        }

        private static func lines(_ path: String) throws -> [String] {
            let lines = try TextFile.lines(path).filter { !$0.isEmpty }
            guard !lines.isEmpty else { throw ValidationError("\(path) holds no text.") }
            return lines
        }

        private static func answer(_ value: some Encodable) throws {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            encoder.keyEncodingStrategy = .convertToSnakeCase
            print(String(decoding: try encoder.encode(value), as: UTF8.self))
            fflush(nil)
        }
    }
}
