import Assist
import Embedding
import Foundation
import Store
import Synchronization
import Threads
import VectorStore

/// How one part of the installation is.
struct ComponentHealth: Sendable, JSONWritable {
    enum Status: String, Sendable { case ok, degraded, down, disabled }

    let name: String
    let backend: String
    var status: Status
    let isRequired: Bool
    var latencyMilliseconds: Double
    let checkedAt: Timestamp
    var detail: String?
    var metrics: [String: Double]

    func write(to json: inout JSONWriter) {
        json.object { members in
            members.member("name", name)
            members.member("backend", backend)
            members.member("status", status)
            members.member("required", isRequired)
            members.member("latency_ms", (latencyMilliseconds * 100).rounded() / 100)
            members.member("checked_at", checkedAt)
            members.member("detail", detail)
            members.member("metrics", metrics.isEmpty ? nil : metrics)
        }
    }
}

/// Looks after the parts, at most every five seconds, none of them longer than two.
final class HealthProbe: Sendable {
    private let installation: Installation
    private let started = ContinuousClock.now
    private let cache = Mutex<(at: ContinuousClock.Instant, schema: Int, components: [ComponentHealth])?>(nil)

    private static let cacheSeconds = 5
    private static let checkSeconds = 2
    private static let pingSeconds = 1
    private static let lowDiskShare = 0.10
    private static let lowDiskBytes = 1 << 30

    init(_ installation: Installation) {
        self.installation = installation
    }

    var uptimeSeconds: Int { Int((ContinuousClock.now - started).components.seconds) }

    func isDatabaseUp() async -> Bool {
        let database = installation.database
        return await Self.within(seconds: Self.pingSeconds) {
            _ = try await database.schemaVersion()
        } == nil
    }

    /// Version of the schema, 0 when it cannot be read, and every part.
    func components() async -> (schema: Int, [ComponentHealth]) {
        let fresh = cache.withLock { cached -> (Int, [ComponentHealth])? in
            guard let cached, ContinuousClock.now - cached.at < .seconds(Self.cacheSeconds) else { return nil }
            return (cached.schema, cached.components)
        }
        if let fresh { return fresh }
        let installation = installation
        async let database = check("database", installation.database.engineName, required: true) {
            guard try await WriteProbe.succeeds(on: installation.database) else {
                throw ProbeFailure("a written row did not read back")
            }
            return ("write and read back succeeded", [:])
        }
        async let queue = check("queue", "embedded", required: true) {
            let counts = try await installation.queue.counts()
            let waiting = counts.filter { $0.status == .queued || $0.status == .retrying }.map(\.count).reduce(0, +)
            let running = counts.filter { $0.status == .running }.map(\.count).reduce(0, +)
            return (nil, ["waiting": Double(waiting), "running": Double(running)])
        }
        async let storage = check("storage", "local_files", required: true) {
            try await installation.pool.run {
                let path = installation.files.incomingPath(id: UUIDv7.make(at: .now()))
                try Data("ok".utf8).write(to: URL(fileURLWithPath: path))
                defer { installation.files.discard(path) }
                guard try Data(contentsOf: URL(fileURLWithPath: path)) == Data("ok".utf8) else {
                    throw ProbeFailure("a written file did not read back")
                }
            }
            return (nil, [:])
        }
        async let vectors = check("vector_store", "embedded", required: true) {
            let collection = installation.collection
            let metrics = [
                "vectors": Double(collection.count), "generation": Double(collection.description.generation),
            ]
            return (collection.isIndexReady ? nil : "the index is being rebuilt; searches scan the rows", metrics)
        }
        async let words = check("search_index", installation.database.engineName, required: true) {
            _ = try await installation.collection.matching(anyOf: ["propertypro"], limit: 1)
            return (nil, [:])
        }
        async let embedding = check("embedding", "embedded", required: false) {
            _ = try await installation.embedder.embed(["health"], purpose: .query, priority: .question)
            return (installation.embedder.modelName, [:])
        }
        async let disk = diskCheck()
        let components = await [database, queue, storage, vectors, words, embedding, disk]
        let schema = (try? await installation.database.schemaVersion()) ?? 0
        cache.withLock { $0 = (ContinuousClock.now, schema, components) }
        return (schema, components)
    }

    private func diskCheck() async -> ComponentHealth {
        let folder = installation.dataFolder
        let pool = installation.pool
        var result = await check("disk", "local_files", required: false) {
            let space = try await pool.run { try FileSystemSpace(of: folder) }
            return (nil, ["free_bytes": space.freeBytes, "size_bytes": space.sizeBytes])
        }
        if let free = result.metrics["free_bytes"], let size = result.metrics["size_bytes"],
            free < Double(Self.lowDiskBytes) || free < size * Self.lowDiskShare
        {
            result.status = .degraded
            result.detail = "free space is low"
        }
        return result
    }

    private func check(
        _ name: String, _ backend: String, required: Bool,
        _ body: @escaping @Sendable () async throws -> (detail: String?, metrics: [String: Double])
    ) async -> ComponentHealth {
        let start = ContinuousClock.now
        let outcome = Mutex<(detail: String?, metrics: [String: Double])>((nil, [:]))
        let failure = await Self.within(seconds: Self.checkSeconds) {
            let found = try await body()
            outcome.withLock { $0 = found }
        }
        let found = outcome.withLock { $0 }
        return ComponentHealth(
            name: name, backend: backend, status: failure == nil ? .ok : .down, isRequired: required,
            latencyMilliseconds: (ContinuousClock.now - start).milliseconds, checkedAt: .now(),
            detail: failure ?? found.detail, metrics: found.metrics)
    }

    /// Nil when `body` ended in time and well, else what is wrong; without internals.
    private static func within(seconds: Int, _ body: @escaping @Sendable () async throws -> Void) async -> String? {
        do {
            let late = ProbeFailure("no answer within \(seconds) s")
            try await Deadline.run(milliseconds: seconds * 1_000, orThrow: late, body)
            return nil
        } catch let failure as ProbeFailure {
            return failure.detail
        } catch {
            return "the check failed"
        }
    }
}

private struct ProbeFailure: Error {
    let detail: String

    init(_ detail: String) {
        self.detail = detail
    }
}

/// How large a file system is and how much of it is left. Blocking.
private struct FileSystemSpace: Sendable {
    let freeBytes: Double
    let sizeBytes: Double

    init(of folder: String) throws {
        let space = try FileManager.default.attributesOfFileSystem(forPath: folder)
        freeBytes = (space[.systemFreeSize] as? NSNumber)?.doubleValue ?? 0
        sizeBytes = (space[.systemSize] as? NSNumber)?.doubleValue ?? 0
    }
}
