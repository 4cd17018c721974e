import Foundation
import TestSupport
import Testing

@testable import propertypro

@Suite struct BenchEmbeddingCommandTests {
    private func run(_ commands: String..., texts: String = "A flat near the sea.\nWho pays?\n") async throws
        -> ProgramRun
    {
        let folder = try TemporaryFolder()
        let path = folder.path + "/texts.txt"
        try Data(texts.utf8).write(to: URL(filePath: path))
        let files = ["--questions", path, "--passages", path, "--mixed", path]
        let run = try await ProgramRun.run(
            ["bench", "embedding"] + files, input: commands.map { $0 + "\n" }.joined())
        withExtendedLifetime(folder) {}
        return run
    }

    @Test func everyCommandAnswersOnALine() async throws {
        let run = try await run(
            "questions 2", "loaded 1", "passages", "mixed", "tokenizer", "memory", "vectors mixed /dev/null/x")
        let answers = run.output.split(separator: "\n").compactMap {
            (try? JSONSerialization.jsonObject(with: Data($0.utf8))) as? [String: Any]
        }
        #expect(
            answers.map { $0["part"] as? String } == [
                nil, "questions", "loaded", "passages", "mixed", "tokenizer", "memory",
            ])
        #expect(answers[0]["ready"] as? Bool == true)
        // [CLS] a flat near the sea . [SEP], [CLS] who pays ? [SEP]
        #expect(answers[1]["tokens"] as? Int == 13 && answers[1]["texts"] as? Int == 2)
        #expect((answers[2]["tokens_per_second_beside"] as? Double ?? -1) >= 0)
        #expect((answers[3]["giga_operations_per_second"] as? Double ?? 0) > 0)
        #expect((answers[6]["peak_mb"] as? Double ?? 0) >= (answers[6]["resident_mb"] as? Double ?? 1e9))
        // The last one cannot be written, which ends the run with a sentence.
        #expect(run.status != 0 && run.errors.contains("/dev/null/x"))
    }

    @Test func slipsAreExplained() async throws {
        #expect(try await run("sing").errors.contains("Unknown command sing"))
        #expect(try await run("questions none").errors.contains("no number"))
        #expect(try await run("quit", texts: "\n").errors.contains("holds no text"))
    }
}
