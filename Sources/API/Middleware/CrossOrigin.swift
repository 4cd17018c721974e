import HTTPTypes
import Hummingbird

/// Lets browser code of the configured origins call the API (WHATWG Fetch, CORS protocol).
///
/// Tokens travel in a header, never in cookies, so credentials are not allowed and need not be.
struct CrossOriginMiddleware: RouterMiddleware {
    let origins: Set<String>
    private static let exposed = [
        "ETag", "Location", "Retry-After", "X-Request-Id", "RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset",
    ].joined(separator: ", ")
    private static let allowedHeaders =
        "Authorization, Content-Type, Accept, If-Match, Idempotency-Key, X-Request-Id, Last-Event-ID"
    private static let allowedMethods = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"

    func handle(
        _ request: Request, context: APIContext,
        next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        guard !origins.isEmpty else { return try await next(request, context) }
        let origin = request.headers[.origin]
        let isAllowed = origin.map { origins.contains($0) || origins.contains("*") } ?? false
        var response: Response
        if request.method == .options, isAllowed, request.headers[.accessControlRequestMethod] != nil {
            response = Response.noContent
            response.headers[.accessControlAllowMethods] = Self.allowedMethods
            response.headers[.accessControlAllowHeaders] = Self.allowedHeaders
            response.headers[.accessControlMaxAge] = "600"
        } else {
            response = try await next(request, context)
        }
        let vary = response.headers[.vary]
        response.headers[.vary] = vary.map { $0 + ", Origin" } ?? "Origin"
        if isAllowed, let origin {
            response.headers[.accessControlAllowOrigin] = origin
            response.headers[.accessControlExposeHeaders] = Self.exposed
        }
        return response
    }
}
