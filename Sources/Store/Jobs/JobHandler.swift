import Foundation
import Synchronization

/// Does the work of one kind of job. Returns the members of the job's result, at most 50.
///
/// - May meet the same job again after a crash: it is idempotent.
/// - Runs on the cooperative pool: blocking work belongs on threads of its own.
/// - Watches ``JobContext/checkCancellation()`` at least every few seconds.
/// - Throws ``JobFailure`` for failures it can name; anything else becomes `internal_error`, to be retried.
public typealias JobHandler = @Sendable (Job, JobContext) async throws -> [String: JobResultValue]

/// An error that says how it is to be shown and whether trying again can help.
public protocol JobFailure: Error {
    /// Lower case letters, digits and `_`, 3 to 64 of them.
    var code: String { get }
    /// For users: no internals.
    var detail: String { get }
    var isRetryable: Bool { get }
}

extension JobError: JobFailure {}

/// A member of a job's result.
public enum JobResultValue: Sendable, Hashable {
    case text(String)
    case integer(Int64)
    case real(Double)
    case flag(Bool)
}

extension JobResultValue: Encodable {
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .text(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .real(let value): try container.encode(value)
        case .flag(let value): try container.encode(value)
        }
    }

    static let memberLimit = 50

    /// A result as JSON text with sorted keys. JSON has no infinite numbers: they become text.
    /// - Throws: ``JobError`` beyond ``memberLimit``.
    static func json(_ result: [String: JobResultValue]) throws -> String {
        guard result.count <= memberLimit else {
            throw JobError(
                code: "result_too_large", detail: "The job's result has more than \(memberLimit) members.",
                isRetryable: false)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        return String(decoding: try encoder.encode(result), as: UTF8.self)
    }
}

/// What a handler may say and ask while it works. Safe to use from any thread; nothing here blocks.
public final class JobContext: Sendable {
    /// Why a handler should stop.
    enum Stop: Sendable { case cancelRequested, leaseLost, workerStops }

    private struct State {
        var stop: Stop?
        var latest: JobProgress?
        var hasUnwritten = false
    }
    private let state = Mutex(State())
    /// Newest progress to be written; older ones not yet taken are dropped.
    let updates: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    /// A context without a worker behind it, such as a test needs.
    public init() {
        (updates, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Says how far the work has come. Cheap; written at most four times a second, the newest wins, and the
    /// percentage never falls.
    public func reportProgress(done: Int64, total: Int64, stage: String? = nil) {
        var progress = JobProgress(done: done, total: total, stage: stage)
        state.withLock { state in
            progress.percent = max(progress.percent, state.latest?.percent ?? 0)
            state.hasUnwritten = state.hasUnwritten || state.latest != progress
            state.latest = progress
        }
        continuation.yield()
    }

    /// What was reported last.
    public var progress: JobProgress? { state.withLock { $0.latest } }

    /// The handler should stop: the job is to be cancelled, somebody else holds it, or the worker stops.
    public var isCancelled: Bool { state.withLock { $0.stop != nil } }

    /// - Throws: `CancellationError` when ``isCancelled``.
    public func checkCancellation() throws {
        if isCancelled { throw CancellationError() }
    }

    var stopReason: Stop? { state.withLock { $0.stop } }

    /// The first reason stays, except that a lost lease overrules: then there is nothing to report.
    func stop(_ reason: Stop) {
        state.withLock { if $0.stop == nil || reason == .leaseLost { $0.stop = reason } }
    }

    /// Progress that has not been written yet, once.
    func takeUnwritten() -> JobProgress? {
        state.withLock { state in
            guard state.hasUnwritten else { return nil }
            state.hasUnwritten = false
            return state.latest
        }
    }

    func finishUpdates() { continuation.finish() }
}
