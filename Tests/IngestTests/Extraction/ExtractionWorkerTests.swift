import Foundation
import Testing

@testable import Ingest

/// Everything here goes through a real child process.
@Suite(.serialized) struct ExtractionWorkerTests {
    @Test(arguments: [
        "report.pdf", "columns.pdf", "half_scanned.pdf", "scanned.pdf", "handbook.docx", "plain.docx", "listings.csv",
        "utf16.csv", "windows1252.csv", "owner_password.pdf",
    ])
    func givesWhatTheSameCodeGivesHere(name: String) throws {
        let path = Support.fixture(name)
        let result = try Support.worker().extract(path: path)
        #expect(result.document == (try Extractor().extract(path: path)))
        #expect(result.usage.peakMemoryBytes > 1 << 20)
        Support.checkInvariants(result.document)
    }

    @Test func hostileFilesEndInTheirNamedStates() throws {
        let table = try String(contentsOfFile: Support.corrupt("expected.tsv"), encoding: .utf8)
        var limits = IngestLimits.standard
        limits.workerCPUSeconds = 2
        let worker = try Support.worker(limits: limits)
        var count = 0
        for line in table.split(separator: "\n") {
            let parts = line.split(separator: "\t").map(String.init)
            let name = try #require(parts.first)
            let allowed = try #require(parts.last).split(separator: ",").map(String.init)
            var found = ""
            let error = code {
                let document = try worker.extract(path: Support.corrupt(name)).document
                found = document.state == .needsOCR ? "needs_ocr" : "ok"
                Support.checkInvariants(document, "\(name)")
            }
            #expect(allowed.contains(error == "ok" ? found : error), "\(name): \(error) \(found)")
            count += 1
        }
        #expect(count >= 50)
    }

    @Test func hugeFilesEndInTheirNamedStates() throws {
        let worker = try Support.worker()
        func outcome(_ bytes: [UInt8], _ fileExtension: String, _ worker: ExtractionWorker) throws -> String {
            try Support.withFile(bytes, fileExtension: fileExtension) { path in
                code { _ = try worker.extract(path: path) }
            }
        }
        #expect(try outcome([UInt8](repeating: 0x61, count: (25 << 20) + 1), "csv", worker) == "payload_too_large")
        var large = IngestLimits.standard
        large.maximumFileBytes = 64 << 20
        let patient = try Support.worker(limits: large)
        let line = Array("name\n".utf8) + [UInt8](repeating: 0x61, count: 50 << 20)
        #expect(try outcome(line, "csv", patient) == "too_much_text")
        #expect(
            try outcome(Array("n,m\n".utf8) + Array(String(repeating: "1,2\n", count: 200_001).utf8), "csv", worker)
                == "too_many_rows")
        #expect(
            try outcome(Array("n,m\n".utf8) + Array(String(repeating: "1,2\n", count: 200_000).utf8), "csv", worker)
                == "ok")
        #expect(try outcome(Self.pdf(pages: 2_001), "pdf", worker) == "too_many_pages")
    }

    /// All pages share one content stream.
    private static func pdf(pages: Int) -> [UInt8] {
        var objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", "<< /Length 4 >>\nstream\nq Q \nendstream"]
        for _ in 0..<pages {
            objects.append("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 3 0 R >>")
        }
        let kids = (0..<pages).map { "\($0 + 4) 0 R" }.joined(separator: " ")
        objects[1] = "<< /Type /Pages /Count \(pages) /Kids [\(kids)] >>"
        var out = "%PDF-1.4\n"
        var offsets: [Int] = []
        for (index, body) in objects.enumerated() {
            offsets.append(out.utf8.count)
            out += "\(index + 1) 0 obj\n\(body)\nendobj\n"
        }
        let start = out.utf8.count
        out += "xref\n0 \(objects.count + 1)\n0000000000 65535 f \n"
        for offset in offsets {
            let digits = String(offset)
            out += String(repeating: "0", count: 10 - digits.count) + digits + " 00000 n \n"
        }
        out += "trailer\n<< /Size \(objects.count + 1) /Root 1 0 R >>\nstartxref\n\(start)\n%%EOF\n"
        return Array(out.utf8)
    }

    @Test func memoryIsLimited() throws {
        var limits = IngestLimits.standard
        limits.workerMemoryBytes = 160 << 20
        limits.maximumFileBytes = 256 << 20
        limits.maximumCellCharacters = 1 << 30
        limits.maximumCharacters = 1 << 30
        let worker = try Support.worker(limits: limits)
        let bytes = [UInt8](repeating: 0x61, count: 120 << 20)
        let outcome = try Support.withFile(bytes, fileExtension: "csv") { path in
            code { _ = try worker.extract(path: path) }
        }
        #expect(["out_of_memory", "malformed_file"].contains(outcome), "\(outcome)")
    }

    @Test func wallTimeIsLimitedAndTheChildIsGone() throws {
        var limits = IngestLimits.standard
        limits.workerWallSeconds = 1
        let worker = try Support.worker(limits: limits)
        #expect(code { _ = try worker.extract(path: Support.corrupt("form_bomb.pdf")) } == "timeout")
        // No child is left: there is nothing to wait for.
        #expect(waitpid(-1, nil, WNOHANG) == -1)
    }

    @Test func cancelEndsTheChild() throws {
        var questions = 0
        let outcome = code {
            _ = try Support.worker().extract(
                path: Support.corrupt("form_bomb.pdf"),
                isCancelled: {
                    questions += 1
                    return questions > 3
                })
        }
        #expect(outcome == "cancelled")
        #expect(waitpid(-1, nil, WNOHANG) == -1)
    }

    @Test func progressCountsPages() throws {
        var seen: [ExtractionProgress] = []
        _ = try Support.worker().extract(path: Support.fixture("report.pdf"), progress: { seen.append($0) })
        #expect(seen == (1...3).map { ExtractionProgress(unitsDone: $0, unitsTotal: 3) })
    }

    @Test func theNameHandedInDecides() throws {
        let worker = try Support.worker()
        let path = Support.fixture("report.pdf")
        #expect(code { _ = try worker.extract(path: path, fileName: "offer.docx") } == "extension_mismatch")
        #expect(try worker.extract(path: path, fileName: "Offer.PDF").document.pageCount == 3)
    }

    @Test func otherProgramsAreNoWorkers() throws {
        let path = Support.fixture("report.pdf")
        for program in ["/bin/false", "/bin/true", "/bin/cat", "/nowhere/at/all"] {
            let worker = ExtractionWorker(executable: program, arguments: [])
            #expect(code { _ = try worker.extract(path: path) } == "worker_crashed", "\(program)")
        }
        #expect(code { _ = try Support.worker().extract(path: "/nowhere.pdf") } == "unreadable_file")
        #expect(code { _ = try Support.worker().extract(path: "/dev/zero") } == "unreadable_file")
        #expect(code { _ = try Support.worker().extract(path: "/") } == "unreadable_file")
    }

    @Test func crashesAndAbortsHaveNames() throws {
        let path = Support.fixture("report.pdf")
        for (signal, expected) in [("SEGV", "malformed_file"), ("ABRT", "out_of_memory"), ("XCPU", "timeout")] {
            let worker = ExtractionWorker(executable: "/bin/sh", arguments: ["-c", "kill -\(signal) $$"])
            #expect(code { _ = try worker.extract(path: path) } == expected, "\(signal)")
        }
    }

    @Test func theChildSeesNothingOfTheServer() throws {
        let secret = open("/dev/null", O_RDONLY)  // deliberately without close-on-exec
        defer { close(secret) }
        setenv("INGEST_TEST_SECRET", "1", 1)
        defer { unsetenv("INGEST_TEST_SECRET") }
        // The shell reports through its exit status what it can see.
        let script = "[ -z \"$INGEST_TEST_SECRET\" ] && [ ! -e /proc/self/fd/\(secret) ] && exit 41; exit 42"
        let worker = ExtractionWorker(executable: "/bin/sh", arguments: ["-c", script])
        do {
            _ = try worker.extract(path: Support.fixture("report.pdf"))
            Issue.record("a shell is no worker")
        } catch {
            #expect(error == .workerCrashed(reason: "it ended with status 41"))
        }
    }

    @Test func manyAtOnce() async throws {
        let worker = try Support.worker()
        let paths = ["report.pdf", "handbook.docx", "listings.csv"].map(Support.fixture)
        let counter = Counter()
        let threads = (0..<6).map { index in
            Thread {
                for round in 0..<3 {
                    let path = paths[(index + round) % paths.count]
                    let outcome = code { _ = try worker.extract(path: path) }
                    counter.add(outcome == "ok" ? 1 : 0)
                }
                counter.finish()
            }
        }
        for thread in threads { thread.start() }
        while counter.finished < threads.count { try await Task.sleep(for: .milliseconds(20)) }
        #expect(counter.value == 18)
    }

    private final class Counter: @unchecked Sendable {
        private let lock = NSLock()
        private var count = 0
        private var done = 0
        func add(_ number: Int) { lock.withLock { count += number } }
        func finish() { lock.withLock { done += 1 } }
        var value: Int { lock.withLock { count } }
        var finished: Int { lock.withLock { done } }
    }
}
