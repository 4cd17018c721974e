import CRM
import HTTPTypes
import Hummingbird
import Logging

/// What may be done through Chroma's protocol, and by whom.
public struct ChromaPolicy: Sendable, Hashable {
    /// Nobody needs a token. Only for an address that no other machine reaches.
    public var isOpen = false
    /// `POST /reset` removes every collection.
    public var allowsReset = false

    public init() {}
}

/// Adds routes under `/api/v2` whose errors have Chroma's form.
///
/// A caller shows an access token as Chroma's clients send theirs: `Authorization: Bearer …` or `X-Chroma-Token: …`.
struct ChromaRoutes {
    let router: Router<APIContext>
    let admission: Admission
    let policy: ChromaPolicy
    let paths: PathTable

    static let prefix = "/api/v2"
    static let database = "/tenants/{tenant}/databases/{database}"
    static let collection = database + "/collections/{collection}"

    func on(
        _ method: HTTPRequest.Method, _ path: String, isPublic: Bool = false,
        _ handler: @escaping @Sendable (Request, APIContext) async throws -> Response
    ) {
        paths.add(Self.prefix + path, method: method)
        router.on(RouterPath(Self.prefix + path), method: method) { [admission, policy] request, context in
            do {
                if !isPublic, !policy.isOpen { try await Self.admit(request, admission, context) }
                return try await handler(request, context)
            } catch {
                let answer = ChromaError(error)
                context.notes.problemCode = answer.name
                if answer.status >= 500 {
                    context.logger.error("chroma request failed", metadata: ["error": "\(error)"])
                }
                return answer.response
            }
        }
    }

    private static func admit(_ request: Request, _ admission: Admission, _ context: APIContext) async throws {
        var field = request.headers[.authorization]
        if let token = request.headers[.chromaToken] {
            field = token.hasPrefix("Bearer ") ? token : "Bearer \(token)"
        }
        let identity = try await admission.authenticate(authorization: field)
        guard identity.role != .client, !identity.mustChangePassword else { throw Problem(.forbidden) }
        context.notes.userID = identity.userID
    }
}
