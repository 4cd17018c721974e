import API
import ArgumentParser
import Assist
import Foundation
import VectorStore

struct Eval: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answers a file of questions and writes what was retrieved and answered, for scoring.",
        discussion: "One JSON object a line in and out; the members are described with EvaluationRun.")

    @OptionGroup var common: CommonOptions
    @Option(name: .long, help: "File of questions, one JSON object a line.") var questions: String
    @Option(name: .long, help: "File to write the results to.") var out: String
    @Option(name: .long, help: "Passages in each result, 1 to 200; scorers look at the first ten.") var passages = 10

    func validate() throws {
        guard (1...200).contains(passages) else { throw ValidationError("--passages must be between 1 and 200.") }
    }

    func run() async throws {
        let text: String
        do {
            text = try String(contentsOfFile: questions, encoding: .utf8)
        } catch {
            throw ValidationError("Could not read \(questions): \(error.localizedDescription)")
        }
        let items = try EvaluationRun.items(of: text)
        let installation = try await common.open("eval")
        try await installation.collection.prepare()
        let run = EvaluationRun(assistant: installation.assistant, passageLimit: passages)
        let bar = ProgressBar()
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var lines: [String] = []
        var refused = 0
        for (done, item) in items.enumerated() {
            bar.show(
                "Answering", fraction: Double(done) / Double(max(1, items.count)), detail: "\(done) of \(items.count)")
            let result = try await run.result(for: item)
            refused += result.refused ? 1 : 0
            lines.append(String(decoding: try encoder.encode(result), as: UTF8.self))
        }
        bar.clear()
        do {
            try (lines.joined(separator: "\n") + "\n").write(toFile: out, atomically: true, encoding: .utf8)
        } catch {
            throw ValidationError("Could not write \(out): \(error.localizedDescription)")
        }
        try await installation.close()
        if common.json {
            try Output.json(["questions": items.count, "refused": refused])
        } else {
            Output.line("\(items.count) questions, \(refused) refused, results in \(out)")
        }
    }
}
