import HTTPTypes
import Hummingbird
import Logging

/// One log line a request, written when its answer is ready. Never logs queries, bodies or tokens.
struct AccessLogMiddleware: RouterMiddleware {
    private static let maximumPathBytes = 512

    func handle(
        _ request: Request, context: APIContext,
        next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        let response = try await next(request, context)
        let elapsed = start.duration(to: .now).components
        let milliseconds = elapsed.seconds * 1_000 + elapsed.attoseconds / 1_000_000_000_000_000
        var metadata: Logger.Metadata = [
            "request_id": .string(context.requestID),
            "method": .string(request.method.rawValue),
            "path": .string(String(decoding: request.uri.path.utf8.prefix(Self.maximumPathBytes), as: UTF8.self)),
            "status": .stringConvertible(response.status.code),
            "elapsed_ms": .stringConvertible(milliseconds),
            "client": .string(context.clientAddress),
        ]
        if let userID = context.notes.userID { metadata["user_id"] = .string(userID) }
        if let code = context.notes.problemCode { metadata["code"] = .string(code) }
        context.logger.log(level: response.status.code >= 500 ? .error : .info, "request", metadata: metadata)
        return response
    }
}
