import API
import Assist
import Foundation
import Ingest
import Store
import Threads
import VectorStore

/// What became of one file.
struct IngestedFile: Encodable {
    let file: String
    /// `ready`, `needs_ocr`, `failed`, `unchanged` or `refused`.
    var state: String
    /// Code of the failure.
    var failure: String?
    var detail: String?
    var pages: Int?
    var rows: Int?
    var passages: Int?

    var isUsable: Bool { failure == nil && (state == "ready" || state == "unchanged" || state == "needs_ocr") }
}

struct IngestReport: Encodable {
    var files: [IngestedFile]
    var passages: Int
    var seconds: Double
    var peakBytes: Int
    var workerPeakBytes: Int

    enum CodingKeys: String, CodingKey {
        case files, passages, seconds
        case peakBytes = "peak_bytes"
        case workerPeakBytes = "worker_peak_bytes"
    }
}

/// Feeds files through the same door and the same jobs as the server does, and watches them.
struct IngestRunner {
    let installation: Installation
    private static let pollMilliseconds = 100
    /// Who uploads from the command line: no user of the API.
    private static let owner = "00000000-0000-0000-0000-000000000000"

    init(installation: Installation) {
        self.installation = installation
    }

    func run(_ paths: [String]) async throws -> IngestReport {
        let start = ContinuousClock.now
        var files = paths.map { IngestedFile(file: ($0 as NSString).lastPathComponent, state: "queued") }
        var documents: [Int: String] = [:]
        for (index, path) in paths.enumerated() {
            do {
                switch try await admit(path) {
                case .accepted(let document, _): documents[index] = document.id
                case .duplicate(let document):
                    if document.status.isSettled { files[index].state = "unchanged" }
                    documents[index] = document.id
                }
            } catch let error as IngestError {
                files[index].state = "refused"
                files[index].failure = error.code
                files[index].detail = error.description
            }
        }
        let worker = installation.makeWorker()
        let work = Task { try await worker.run() }
        var trouble: (any Error)?
        do {
            try await watch(Array(documents.values))
        } catch {
            trouble = error
        }
        await worker.stop(graceMilliseconds: 0)
        try await work.value
        if let trouble { throw trouble }
        try await installation.intake.settleAll()
        try await settle(&files, documents)
        return IngestReport(
            files: files, passages: files.compactMap(\.passages).reduce(0, +),
            seconds: (ContinuousClock.now - start).milliseconds / 1_000, peakBytes: PeakMemory.ofThisProcess,
            workerPeakBytes: try await workerPeakBytes(Array(documents.values)))
    }

    /// The largest of the processes that read these documents, as their jobs say.
    private func workerPeakBytes(_ ids: [String]) async throws -> Int {
        struct Result: Decodable {
            let workerPeakBytes: Int

            enum CodingKeys: String, CodingKey { case workerPeakBytes = "worker_peak_bytes" }
        }
        var peak = 0
        for id in ids {
            let jobID = try await installation.database.read { try DocumentCatalog.find(id, in: $0)?.jobID }
            guard let jobID, let text = try await installation.queue.job(jobID)?.result else { continue }
            if let result = try? JSONDecoder().decode(Result.self, from: Data(text.utf8)) {
                peak = max(peak, result.workerPeakBytes)
            }
        }
        return peak
    }

    private func admit(_ path: String) async throws -> IntakeOutcome {
        let incoming = installation.files.incomingPath(id: UUIDv7.make(at: .now()))
        let file = try await installation.pool.run { try FileArrival.copy(path, to: incoming) }
        return try await installation.intake.admit(
            file,
            DocumentUpload(filename: (path as NSString).lastPathComponent, uploadedBy: Self.owner), reader: .all)
    }

    /// Shows a bar until every one of these documents is settled or its job has ended.
    private func watch(_ ids: [String]) async throws {
        let bar = ProgressBar()
        defer { bar.clear() }
        var waiting = Set(ids)
        while true {
            for id in waiting where try await isDone(id) { waiting.remove(id) }
            guard !waiting.isEmpty else { return }
            let running = try await installation.queue.jobs(JobFilter(queue: .documents, status: .running))
            if let current = running.last {
                let done = ids.count - waiting.count
                let share = Double(current.progress.percent) / 100
                bar.show(
                    try await filename(of: current),
                    fraction: (Double(done) + share) / Double(max(1, ids.count)),
                    detail:
                        "\(done) of \(ids.count), \(current.progress.stage ?? "") \(current.progress.percent) %")
            }
            try await Task.sleep(for: .milliseconds(Self.pollMilliseconds))
        }
    }

    private func isDone(_ id: String) async throws -> Bool {
        guard let document = try await installation.database.read({ try DocumentCatalog.find(id, in: $0) }) else {
            return true
        }
        if document.status.isSettled { return true }
        guard let jobID = document.jobID, let job = try await installation.queue.job(jobID) else { return true }
        return job.status.isFinal
    }

    private func filename(of job: Job) async throws -> String {
        guard let id = job.subject?.id else { return "" }
        return try await installation.database.read { try DocumentCatalog.find(id, in: $0)?.filename } ?? ""
    }

    private func settle(_ files: inout [IngestedFile], _ documents: [Int: String]) async throws {
        for (index, id) in documents {
            guard let document = try await installation.database.read({ try DocumentCatalog.find(id, in: $0) }) else {
                continue
            }
            if files[index].state != "unchanged" || document.status != .ready {
                files[index].state = document.status.rawValue
            }
            files[index].failure = document.status == .failed ? document.failure?.code ?? "failed" : nil
            files[index].detail = document.failure?.detail
            files[index].pages = document.pageCount
            files[index].rows = document.rowCount
            files[index].passages = document.passageCount
        }
    }
}

/// Highest resident memory so far, in bytes.
enum PeakMemory {
    static var ofThisProcess: Int {
        var usage = rusage()
        // Linux counts in KiB.
        return getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 ? usage.ru_maxrss * 1_024 : 0
    }
}
