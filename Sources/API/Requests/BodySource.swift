import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// What stops the reading of a body.
public enum BodyError: Error, Equatable, CustomStringConvertible, ProblemConvertible {
    case tooLarge(limitBytes: Int)
    case tooSlow(limitSeconds: Int)
    case truncated(expectedBytes: Int, foundBytes: Int)

    public var description: String {
        switch self {
        case .tooLarge(let limit): "The limit is \(limit) bytes."
        case .tooSlow(let seconds): "The body did not arrive within \(seconds) seconds."
        case .truncated(let expected, let found): "The body ended after \(found) of \(expected) bytes."
        }
    }

    public var problem: Problem {
        switch self {
        case .tooLarge: Problem(.payloadTooLarge, detail: description)
        case .tooSlow, .truncated: Problem(.invalidParameter, detail: description)
        }
    }
}

/// How much of a body is read and how long that may take.
public struct BodyLimits: Sendable, Hashable {
    public var bytes: Int
    public var seconds: Int

    public init(bytes: Int, seconds: Int = 60) {
        self.bytes = bytes
        self.seconds = seconds
    }
}

extension Request {
    /// The declared length, if any. Syntax and repetitions were checked by the HTTP decoder.
    var declaredBytes: Int? { headers[.contentLength].flatMap { Int($0) } }

    /// Whether the head announces a body.
    var announcesBody: Bool { declaredBytes.map { $0 > 0 } ?? (headers[.transferEncoding] != nil) }

    /// Refuses a body whose declared length is above the limit, before a byte of it is read.
    func checkDeclaredLength(_ limits: BodyLimits) throws(BodyError) {
        if let declaredBytes, declaredBytes > limits.bytes { throw .tooLarge(limitBytes: limits.bytes) }
    }

    /// The body in pieces, under limits. Read it once.
    func pieces(_ limits: BodyLimits) -> LimitedBody {
        LimitedBody(
            pieces: body.makeAsyncIterator(), limits: limits, declaredBytes: declaredBytes,
            deadline: ContinuousClock.now + .seconds(limits.seconds))
    }
}

/// Reads a body piece by piece and stops at the limits.
struct LimitedBody {
    var pieces: RequestBody.AsyncIterator
    let limits: BodyLimits
    let declaredBytes: Int?
    let deadline: ContinuousClock.Instant
    private(set) var readBytes = 0

    init(
        pieces: RequestBody.AsyncIterator, limits: BodyLimits, declaredBytes: Int?,
        deadline: ContinuousClock.Instant
    ) {
        self.pieces = pieces
        self.limits = limits
        self.declaredBytes = declaredBytes
        self.deadline = deadline
    }

    mutating func next() async throws -> ByteBuffer? {
        guard let piece = try await pieces.next() else {
            if let declaredBytes, declaredBytes != readBytes {
                throw BodyError.truncated(expectedBytes: declaredBytes, foundBytes: readBytes)
            }
            return nil
        }
        readBytes += piece.readableBytes
        guard readBytes <= limits.bytes else { throw BodyError.tooLarge(limitBytes: limits.bytes) }
        guard ContinuousClock.now < deadline else { throw BodyError.tooSlow(limitSeconds: limits.seconds) }
        return piece
    }

    /// The whole body.
    mutating func collect() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(min(declaredBytes ?? 0, limits.bytes))
        while let piece = try await next() { bytes.append(contentsOf: piece.readableBytesView) }
        return bytes
    }
}

/// A body that can be taken up again where its reader stopped, so that what a handler left can be discarded.
final class ResumableBody: @unchecked Sendable, AsyncSequence {
    typealias Element = ByteBuffer

    // SAFETY (Sendable): a body has one reader at a time. The handler reads first; what it left is discarded
    // only after the handler has returned and its response has been written.
    private var pieces: RequestBody.AsyncIterator
    private(set) var hasStarted = false
    private(set) var isAtEnd = false
    private let onStart: @Sendable () async -> Void

    /// - Parameter onStart: runs before the first piece is read.
    init(_ body: RequestBody, onStart: @escaping @Sendable () async -> Void = {}) {
        pieces = body.makeAsyncIterator()
        self.onStart = onStart
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        let body: ResumableBody
        mutating func next() async throws -> ByteBuffer? { try await body.next() }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(body: self) }

    func next() async throws -> ByteBuffer? {
        guard !isAtEnd else { return nil }
        if !hasStarted {
            hasStarted = true
            await onStart()
        }
        var taken = pieces
        let piece = try await taken.next()
        pieces = taken
        if piece == nil { isAtEnd = true }
        return piece
    }
}
