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
        let results = try await common.withInstallation("eval") { try await answer(items, from: $0) }
        let refused = results.count(where: \.refused)
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let lines = try results.map { String(decoding: try encoder.encode($0), as: UTF8.self) }
        do {
            try (lines.joined(separator: "\n") + "\n").write(toFile: out, atomically: true, encoding: .utf8)
        } catch {
            throw ValidationError("Could not write \(out): \(error.localizedDescription)")
        }
        if common.json {
            try Output.json(["questions": items.count, "refused": refused])
        } else {
            Output.line("\(items.count) questions, \(refused) refused, results in \(out)")
        }
    }

    private func answer(
        _ items: [EvaluationRun.Item], from installation: Installation
    ) async throws -> [EvaluationResult] {
        try await installation.collection.prepare()
        let run = EvaluationRun(assistant: installation.assistant, passageLimit: passages)
        let bar = ProgressBar()
        defer { bar.clear() }
        var results: [EvaluationResult] = []
        for item in items {
            bar.show(
                "Answering", fraction: Double(results.count) / Double(items.count),
                detail: "\(results.count) of \(items.count)")
            results.append(try await run.result(for: item))
        }
        return results
    }
}
