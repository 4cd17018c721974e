import CRM
import HTTPTypes
import Hummingbird
import Logging

/// Gives every request an identifier and finds out where it comes from.
///
/// An inbound X-Request-Id of 8 to 64 safe characters is kept, anything else is replaced.
struct RequestIDMiddleware: RouterMiddleware {
    /// Proxies in front of us that append to X-Forwarded-For; zero trusts nobody's header.
    let trustedProxies: Int

    func handle(
        _ request: Request, context: APIContext,
        next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        context.requestID = Self.requestID(inbound: request.headers[.requestID])
        context.logger[metadataKey: "request_id"] = .string(context.requestID)
        if let address = Self.client(forwardedFor: request.headers[.forwardedFor], trustedProxies: trustedProxies) {
            context.clientAddress = address
        }
        var response = try await next(request, context)
        response.headers[.requestID] = context.requestID
        return response
    }

    static func requestID(inbound: String?) -> String {
        guard let inbound, (8...64).contains(inbound.utf8.count), inbound.utf8.allSatisfy(isSafe) else {
            return "req_" + Base64URL.encode(randomBytes(12))
        }
        return inbound
    }

    private static func isSafe(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, 45, 46, 95: true
        default: false
        }
    }

    /// The entry that the outermost trusted proxy wrote.
    static func client(forwardedFor field: String?, trustedProxies: Int) -> String? {
        guard trustedProxies > 0, let field else { return nil }
        let entries = field.split(separator: ",").map { $0.filter { !$0.isWhitespace } }
        guard entries.count >= trustedProxies else { return nil }
        let entry = entries[entries.count - trustedProxies]
        return (1...45).contains(entry.utf8.count) ? entry : nil
    }
}
