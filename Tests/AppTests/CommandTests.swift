import Foundation
import TestSupport
import Testing

@Suite struct CommandTests {
    private let examples = BuiltProgram.repository + "/Examples"

    @Test func documentsAreReadOnceAndAnsweredFrom() async throws {
        let folder = try TemporaryFolder()
        let data = folder.path + "/data"
        let ingest = try await ProgramRun.run(["ingest", examples, "--data", data, "--json"])
        #expect(ingest.status == 0, "\(ingest.errors)")
        let files = try #require(ingest.json["files"] as? [[String: Any]])
        #expect(files.count == 5)
        #expect(files.allSatisfy { $0["state"] as? String == "ready" })
        #expect((ingest.json["worker_peak_bytes"] as? Int ?? 0) > 1_000_000)
        let again = try await ProgramRun.run(["ingest", examples, "--data", data])
        #expect(again.status == 0)
        #expect(again.output.contains("unchanged"))

        let question = "Who pays the service charge when an apartment is let?"
        let ask = try await ProgramRun.run(["ask", question, "--data", data, "--json"])
        #expect(ask.status == 0)
        #expect(Set(ask.json.keys) == ["passages", "answer", "refused", "latency_ms", "citations"])
        let citation = try #require((ask.json["citations"] as? [[String: Any]])?.first)
        #expect(citation["document"] as? String == "service-charge-guide.pdf")
        #expect(citation["page"] as? Int == 1)
        let text = try await ProgramRun.run(["ask", question, "--data", data])
        #expect(text.output.contains("] service-charge-guide.pdf, page 1\n"))
        let refused = try await ProgramRun.run(["ask", "How is sourdough bread baked?", "--data", data])
        #expect(refused.status == 2)
        #expect(refused.output == "No passage that you may read answers this question.\n")

        let check = try await ProgramRun.run(["check", "--data", data, "--json"])
        #expect(check.status == 0)
        #expect(check.json["problems"] as? [String] == [])
        #expect(check.json["ready_documents"] as? Int == 5)
        #expect(check.json["vectors"] as? Int == check.json["passages"] as? Int)
        let dump = try await ProgramRun.run(["dump", "--data", data, "--document", "listings.csv"])
        #expect(dump.output.contains("row 1, characters"))
        let unknown = try await ProgramRun.run(["dump", "--data", data, "--document", "none.pdf"])
        #expect(unknown.status != 0 && unknown.errors.contains("none.pdf"))
    }

    @Test func evaluationWritesOneResultALine() async throws {
        let folder = try TemporaryFolder()
        let data = folder.path + "/data"
        let rents = folder.path + "/rents.csv"
        try "building,rent\nCoral Mast Tower,95000\n".write(toFile: rents, atomically: true, encoding: .utf8)
        #expect(try await ProgramRun.run(["ingest", rents, "--data", data]).status == 0)
        let questions = folder.path + "/questions.jsonl"
        let lines = [
            #"{"id":"Q1","question":"What is the rent in Coral Mast Tower?"}"#, #"{"id":"Q2","question":"Bread?"}"#,
        ]
        try lines.joined(separator: "\n").write(toFile: questions, atomically: true, encoding: .utf8)
        let out = folder.path + "/results.jsonl"
        let run = try await ProgramRun.run(["eval", "--questions", questions, "--out", out, "--data", data])
        #expect(run.status == 0, "\(run.errors)")
        let results = try String(contentsOfFile: out, encoding: .utf8).split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any] ?? [:]
        }
        #expect(results.map { $0["id"] as? String } == ["Q1", "Q2"])
        #expect((results[0]["answer"] as? String)?.contains("95000") == true)
        #expect(results[1]["refused"] as? Bool == true)
        try "not json".write(toFile: questions, atomically: true, encoding: .utf8)
        let bad = try await ProgramRun.run(["eval", "--questions", questions, "--out", out, "--data", data])
        #expect(bad.status != 0 && bad.errors.contains("Line 1"))
    }

    @Test func unusableFilesAreNamedAndTheRestIsRead() async throws {
        let folder = try TemporaryFolder()
        let input = folder.path + "/in"
        try FileManager.default.createDirectory(atPath: input, withIntermediateDirectories: true)
        try "a,b\n1,2\n".write(toFile: input + "/good.csv", atomically: true, encoding: .utf8)
        try "".write(toFile: input + "/empty.pdf", atomically: true, encoding: .utf8)
        try "%PDF-1.7 cut".write(toFile: input + "/cut.pdf", atomically: true, encoding: .utf8)
        let run = try await ProgramRun.run(["ingest", input, "--data", folder.path + "/data", "--json"])
        #expect(run.status == 1)
        let files = try #require(run.json["files"] as? [[String: Any]])
        let states = Dictionary(
            files.compactMap { file in (file["file"] as? String).map { ($0, file["failure"] as? String ?? "ready") } },
            uniquingKeysWith: { first, _ in first })
        #expect(states == ["good.csv": "ready", "empty.pdf": "empty_file", "cut.pdf": "malformed_file"])
        let nothing = try await ProgramRun.run(["ingest", folder.path + "/none", "--data", folder.path + "/data"])
        #expect(nothing.status != 0 && nothing.errors.contains("There is no file or folder"))
    }

    @Test func aMissingModelIsSaidWithWhatToDo() async throws {
        let folder = try TemporaryFolder()
        let run = try await ProgramRun.run([
            "ask", "rent?", "--data", folder.path, "--model", folder.path + "/none",
        ])
        #expect(run.status != 0)
        #expect(run.errors.contains(folder.path + "/none"))
    }

    @Test func aMistypedFolderIsNotMade() async throws {
        let folder = try TemporaryFolder()
        let run = try await ProgramRun.run(["check", "--data", folder.path + "/dtaa"])
        #expect(run.status != 0 && run.errors.contains("There is no data folder"))
        #expect(!FileManager.default.fileExists(atPath: folder.path + "/dtaa"))
    }
}
