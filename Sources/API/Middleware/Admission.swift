import CRM
import HTTPTypes
import Hummingbird
import Store

/// Who may call a route.
public struct Access: Sendable, Hashable {
    let roles: Set<Role>?
    let isOpenBeforePasswordChange: Bool

    /// No token needed.
    public static let anyone = Access(roles: nil, isOpenBeforePasswordChange: true)
    /// Any signed-in user.
    public static let signedIn = Access(roles: Set(Role.allCases), isOpenBeforePasswordChange: false)
    /// Any signed-in user, even one who still has to replace a one-time password.
    public static let signedInWithOneTimePassword = Access(
        roles: Set(Role.allCases), isOpenBeforePasswordChange: true)
    /// Signed-in users of these roles.
    public static func roles(_ roles: Role...) -> Access {
        Access(roles: Set(roles), isOpenBeforePasswordChange: false)
    }
    /// Everybody who works at the brokerage.
    public static let staff = roles(.admin, .manager, .agent)
}

/// The checks before a handler, in the order of the contract: rate limit 429, token 401, role 403.
public struct Admission: Sendable {
    let accounts: AccountService
    let tokens: JSONWebTokens
    let limiter: RateLimiter
    let jsonBytes: Int
    let clock: WallClock

    /// - Parameter jsonBytes: largest JSON body.
    public init(
        accounts: AccountService, tokens: JSONWebTokens, limiter: RateLimiter, jsonBytes: Int = 1 << 20,
        clock: WallClock = .system
    ) {
        self.accounts = accounts
        self.tokens = tokens
        self.limiter = limiter
        self.jsonBytes = jsonBytes
        self.clock = clock
    }

    /// Runs `handler` for a caller who may pass.
    func admit(
        _ request: Request, _ context: APIContext, rate: RateClass, access: Access,
        handler: @Sendable (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        // A valid signature names the user to count; who has none is counted by address.
        let claims = claims(of: request)
        let caller: String =
            switch claims {
            case .success(let claims) where rate != .auth: "user:" + claims.subject
            default: "ip:" + context.clientAddress
            }
        if let state = limiter.count(rate, caller: caller) {
            context.notes.rate = state
            guard state.isAllowed else { throw Problem(.rateLimited, retryAfterSeconds: state.resetSeconds) }
        }
        guard let running = limiter.beginConcurrent(rate, caller: caller) else {
            throw Problem(.rateLimited, detail: "Too many requests at once.", retryAfterSeconds: 1)
        }
        var context = context
        context.jsonBytes = jsonBytes
        if let roles = access.roles {
            let identity = try await authenticate(claims)
            context.identity = identity
            context.notes.userID = identity.userID
            guard roles.contains(identity.role) else { throw Problem(.forbidden) }
            guard access.isOpenBeforePasswordChange || !identity.mustChangePassword else {
                throw Problem(.passwordChangeRequired, detail: "Change your one-time password first.")
            }
        }
        var response = try await handler(request, context)
        if rate == .ai {
            // A streamed answer still runs after the handler returned.
            let body = response.body
            response.body = ResponseBody(contentLength: body.contentLength) { writer in
                defer { running.release() }
                try await body.write(writer)
            }
        }
        return response
    }

    /// The identity behind a bearer token, for handshakes outside of a route.
    public func authenticate(_ request: Request) async throws -> Identity {
        try await authenticate(claims(of: request))
    }

    /// The identity behind an Authorization field that came by another way.
    func authenticate(authorization field: String?) async throws -> Identity {
        try await authenticate(claims(authorization: field))
    }

    private func authenticate(_ claims: Result<AccessClaims, Problem>) async throws -> Identity {
        let claims = try claims.get()
        let live: LiveSession
        do {
            live = try await accounts.liveSession(id: claims.sessionID)
        } catch AccountError.tokenRevoked {
            var problem = AccountError.tokenRevoked.problem
            problem.headers[.wwwAuthenticate] = "Bearer realm=\"propertypro\", error=\"invalid_token\""
            throw problem
        }
        guard live.user.id == claims.subject else { throw TokenError.malformed.problem }
        return Identity(live)
    }

    private func claims(of request: Request) -> Result<AccessClaims, Problem> {
        claims(authorization: request.headers[.authorization])
    }

    private func claims(authorization field: String?) -> Result<AccessClaims, Problem> {
        guard let field else { return .failure(Problem(.unauthenticated)) }
        let parts = field.split(separator: " ", omittingEmptySubsequences: true)
        guard parts.count == 2, parts[0].lowercased() == "bearer" else {
            return .failure(TokenError.malformed.problem)
        }
        do {
            return .success(try tokens.verify(String(parts[1]), at: clock.now))
        } catch {
            return .failure(error.problem)
        }
    }
}
