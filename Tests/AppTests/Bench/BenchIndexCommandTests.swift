import Foundation
import TestSupport
import Testing

@testable import propertypro

@Suite struct BenchIndexCommandTests {
    private let folder: TemporaryFolder
    private let base: String
    private let queries: String

    init() throws {
        folder = try TemporaryFolder()
        base = try MatrixBytes.write(
            MatrixBytes.fbin(MatrixBytes.vectors(500, dimension: 24, seed: 5)), "base.fbin", in: folder)
        queries = try MatrixBytes.write(
            MatrixBytes.fbin(MatrixBytes.vectors(20, dimension: 24, seed: 6)), "queries.fbin", in: folder)
    }

    private func run(_ arguments: String...) async throws -> ProgramRun {
        try await ProgramRun.run(["bench", "index", "--base", base, "--queries", queries, "--passes", "1"] + arguments)
    }

    private func object(_ value: Any?) -> [String: Any] { value as? [String: Any] ?? [:] }
    private func list(_ value: Any?) -> [[String: Any]] { value as? [[String: Any]] ?? [] }

    @Test func everyPartIsMeasured() async throws {
        let run = try await run("--json")
        #expect(run.status == 0, "\(run.errors)")
        let report = run.json
        #expect(
            Set(report.keys) == [
                "settings", "machine", "build", "truth", "curve", "cost", "batch", "exact", "filter", "open", "replace",
                "insert",
            ])
        #expect(object(report["settings"])["vectors"] as? Int == 500)
        #expect(object(report["truth"])["file"] == nil)
        let sections = list(object(report["build"])["sections"])
        #expect(sections.contains { ($0["bytes_per_vector"] as? Double ?? 0) > 0 })
        #expect(object(report["exact"])["recall"] as? Double == 1)
        let costs = try #require(object(report["cost"])["lines"] as? [[String: Any]])
        for line in costs {
            let scored = try #require(line["scored"] as? Double),
                nodes = try #require(line["nodes_expanded"] as? Double)
            #expect(nodes >= 1 && scored >= nodes && scored <= 500, "each of 500 vectors is scored once at most")
        }

        let points = list(object(report["curve"])["points"])
        #expect(points.first?["ef_search"] as? Int == 10)
        #expect((points.last?["recall"] as? Double ?? 0) >= 0.9)
        for point in points {
            #expect((0...1).contains(point["recall"] as? Double ?? -1))
            #expect((point["queries_per_second"] as? Double ?? 0) > 0)
            #expect(point["p50_microseconds"] as? Double ?? 1 <= point["p99_microseconds"] as? Double ?? 0)
        }
        #expect(list(object(report["batch"])["lines"]).map { $0["threads"] as? Int } == [1, 2, 1, 2])
        let filters = list(object(report["filter"])["lines"])
        #expect(filters.map { $0["allowed_count"] as? Int } == [5, 50, 250])
        #expect(filters.allSatisfy { (object($0["figures"])["recall"] as? Double ?? 0) >= 0.9 })
        #expect((object(report["open"])["file_bytes"] as? Int ?? 0) > 500 * 24 * 2)

        let replace = object(report["replace"])
        #expect(replace["items"] as? Int == 450 && replace["held_out"] as? Int == 50)
        #expect(list(replace["states"]).count == 6 && list(replace["rounds"]).count == 10)
        #expect(abs(replace["recall_loss_after_rounds"] as? Double ?? 1) <= 0.1)
        let insert = object(report["insert"])
        #expect(list(insert["lines"]).map { $0["inserts"] as? Int } == [25, 0, 25])
        #expect((insert["recall_after"] as? Double ?? 0) >= 0.9)
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(left) == ["base.fbin", "queries.fbin"])
    }

    @Test func peopleSeeTablesAndWhereTheTruthIsFrom() async throws {
        let computed = try await run("--parts", "exact,curve", "--threads", "1")
        #expect(computed.status == 0, "\(computed.errors)")
        #expect(computed.output.hasPrefix("base.fbin: 500 × 24, cosine, 20 queries\n"))
        #expect(computed.output.contains("Truth: found by exact search"))
        #expect(computed.output.contains("Curve: one thread, one query at a time\n"))
        #expect(!computed.output.contains("Filter:"))
        let rows = (0..<20).map { _ in Array<Int32>(0..<10) }
        let truth = try MatrixBytes.write(MatrixBytes.ibin(rows), "truth.ibin", in: folder)
        let given = try await run("--parts", "exact", "--truth", truth, "--json")
        #expect(object(given.json["truth"])["file"] as? String == truth)
        #expect((object(given.json["exact"])["recall"] as? Double ?? 1) < 0.5, "this truth is none")
    }

    @Test func aSavedIndexIsWrittenOnceAndOpenedAfterwards() async throws {
        let saved = folder.path + "/saved.index"
        let first = try await run("--index", saved, "--parts", "exact", "--json")
        #expect(first.status == 0, "\(first.errors)")
        #expect(first.json["build"] != nil && first.json["opened_index"] == nil)
        let second = try await run("--index", saved, "--parts", "exact,open", "--json")
        #expect(second.status == 0, "\(second.errors)")
        #expect(second.json["build"] == nil && second.json["opened_index"] != nil)
        #expect(object(second.json["exact"])["recall"] as? Double == 1)
        let foreign = try await run("--index", saved, "--parts", "exact", "--limit", "400")
        #expect(foreign.status != 0 && foreign.errors.contains("other vectors or settings"))
        let settings = try await run("--index", saved, "--parts", "exact", "--m", "8")
        #expect(settings.status != 0 && settings.errors.contains("other vectors or settings"))
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(left) == ["base.fbin", "queries.fbin", "saved.index"])
    }

    @Test func singleInsertsBuildOnOneThread() async throws {
        let run = try await run("--insert-one-by-one", "--limit", "300", "--parts", "exact", "--json")
        #expect(run.status == 0, "\(run.errors)")
        #expect(object(run.json["build"])["threads"] as? Int == 1)
        #expect(object(run.json["settings"])["vectors"] as? Int == 300)
        #expect(object(run.json["exact"])["recall"] as? Double == 1)
    }

    @Test func wrongArgumentsAreNamed() async throws {
        let part = try await run("--parts", "curve,bend")
        #expect(part.status != 0 && part.errors.contains("bend"))
        let passes = try await ProgramRun.run([
            "bench", "index", "--base", base, "--queries", queries, "--passes", "0",
        ])
        #expect(passes.status != 0 && passes.errors.contains("--passes"))
        let few = try await run("--limit", "50", "--parts", "replace")
        #expect(few.status != 0 && few.errors.contains("at least 100 vectors"))
        let missing = try await ProgramRun.run(["bench", "index", "--base", base + "x", "--queries", queries])
        #expect(missing.status != 0 && missing.errors.contains(base + "x"))
    }
}
