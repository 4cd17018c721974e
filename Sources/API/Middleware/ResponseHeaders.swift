import HTTPTypes
import Hummingbird

/// The header fields that every answer carries.
struct ResponseHeadersMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: APIContext,
        next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        // A handler that has set its own, such as /health, keeps it.
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        response.headers[.contentTypeOptions] = "nosniff"
        if let rate = context.notes.rate {
            response.headers[.rateLimitLimit] = String(rate.limit)
            response.headers[.rateLimitRemaining] = String(rate.remaining)
            response.headers[.rateLimitReset] = String(rate.resetSeconds)
        }
        return response
    }
}
