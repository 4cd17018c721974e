import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// Answers at once even while the body is still arriving, then lets go of the connection in good order.
///
/// A refused upload is answered after its head. If the connection were closed then and there, the client's next
/// packet would be reset and the answer lost with it. So the rest is discarded for a while, and then the
/// connection is closed whether or not the client has stopped.
struct UnreadBodyMiddleware: RouterMiddleware {
    /// Rests this small are read off, and the connection is kept.
    private static let keepAliveBytes = 64 << 10
    private static let maximumDiscardedBytes = 128 << 20
    private static let maximumSeconds = 30

    func handle(
        _ request: Request, context: APIContext,
        next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard request.announcesBody else { return try await next(request, context) }
        let channel = context.channel
        let isAwaited = request.headers[.expect]?.lowercased() == "100-continue"
        let body = ResumableBody(request.body) { if isAwaited { await Self.sendContinue(on: channel) } }
        var request = request
        request.body = RequestBody(asyncSequence: body)
        var response = try await next(request, context)
        guard !body.isAtEnd else { return response }
        // A client that waits for 100 and gets a refusal may or may not send the body: the connection is lost.
        let comes = !isAwaited || body.hasStarted
        if comes, let declared = request.declaredBytes, declared <= Self.keepAliveBytes { return response }
        response.headers[.connection] = "close"
        let content = response.body
        response.body = ResponseBody(contentLength: content.contentLength) { writer in
            try await content.write(writer)
            if comes { await Self.discard(body) }
            channel.close(promise: nil)
        }
        return response
    }

    /// Tells a client that asked (RFC 9110, 10.1.1) to send its body; called once a handler wants to read it.
    private static func sendContinue(on channel: any Channel) async {
        let sent = channel.eventLoop.submit {
            // From the encoder's place outwards: the line goes to the socket as it is. Nothing else is being
            // written, as the answer to this request has not begun.
            let encoder = try channel.pipeline.syncOperations.context(handlerType: HTTPResponseEncoder.self)
            encoder.writeAndFlush(NIOAny(ByteBuffer(string: "HTTP/1.1 100 Continue\r\n\r\n")), promise: nil)
        }
        // Without it the client sends its body after a while all the same.
        try? await sent.get()
    }

    private static func discard(_ body: ResumableBody) async {
        let deadline = ContinuousClock.now + .seconds(maximumSeconds)
        var left = maximumDiscardedBytes
        while left > 0, ContinuousClock.now < deadline, let piece = try? await body.next() {
            left -= piece.readableBytes
        }
    }
}
