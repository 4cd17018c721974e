import HTTPTypes
import Hummingbird
import NIOCore
import Testing

@testable import API

@Suite struct BodySourceTests {
    private func request(_ pieces: [String], declared: Int? = nil) -> Request {
        var headers: HTTPFields = [:]
        if let declared { headers[.contentLength] = String(declared) }
        let stream = AsyncStream { continuation in
            for piece in pieces { continuation.yield(ByteBuffer(string: piece)) }
            continuation.finish()
        }
        let head = HTTPRequest(method: .post, scheme: "http", authority: "x", path: "/", headerFields: headers)
        return Request(head: head, body: RequestBody(asyncSequence: stream))
    }

    @Test func collectsUpToTheLimit() async throws {
        var body = request(["ab", "", "cd"]).pieces(BodyLimits(bytes: 4))
        #expect(try await body.collect() == Array("abcd".utf8))
        var large = request(["ab", "cd", "e"]).pieces(BodyLimits(bytes: 4))
        await #expect(throws: BodyError.tooLarge(limitBytes: 4)) { try await large.collect() }
    }

    @Test func noticesTruncationAndSlowness() async throws {
        var short = request(["ab"], declared: 3).pieces(BodyLimits(bytes: 4))
        await #expect(throws: BodyError.truncated(expectedBytes: 3, foundBytes: 2)) { try await short.collect() }
        var slow = request(["ab"]).pieces(BodyLimits(bytes: 4, seconds: 0))
        await #expect(throws: BodyError.tooSlow(limitSeconds: 0)) { try await slow.collect() }
    }

    @Test func refusesADeclaredGiantUnread() {
        #expect(throws: BodyError.tooLarge(limitBytes: 4)) {
            try request([], declared: 5).checkDeclaredLength(BodyLimits(bytes: 4))
        }
    }

    @Test func whatAReaderLeftCanBeTakenUpAgain() async throws {
        let body = ResumableBody(request(["a", "b", "c"]).body)
        var first = RequestBody(asyncSequence: body).makeAsyncIterator()
        #expect(try await first.next().map { String(buffer: $0) } == "a")
        #expect(try await body.next().map { String(buffer: $0) } == "b")
        #expect(!body.isAtEnd)
        #expect(try await body.next() != nil)
        #expect(try await body.next() == nil && body.isAtEnd)
        #expect(try await body.next() == nil)
    }
}
