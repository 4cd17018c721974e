import CRM
import Hummingbird
import Store

/// `/auth`: sign-in, refresh, logout, the own account and its password.
public struct AuthController: Controller {
    private let accounts: AccountService
    private let tokens: JSONWebTokens
    private let clock: WallClock
    /// Told which sessions ended, so that their open streams can be closed.
    private let onSignOut: @Sendable (_ userID: String, _ sessionID: String?) async -> Void

    /// - Parameter onSignOut: called after a logout; the session is nil when all of the user's ended.
    public init(
        accounts: AccountService, tokens: JSONWebTokens, clock: WallClock = .system,
        onSignOut: @escaping @Sendable (_ userID: String, _ sessionID: String?) async -> Void = { _, _ in }
    ) {
        self.accounts = accounts
        self.tokens = tokens
        self.clock = clock
        self.onSignOut = onSignOut
    }

    public func addRoutes(to routes: Routes) {
        routes.post("/auth/login", rate: .auth, access: .anyone, login)
        routes.post("/auth/refresh", rate: .auth, access: .anyone, refresh)
        routes.post("/auth/logout", rate: .auth, access: .signedInWithOneTimePassword, logout)
        routes.get("/auth/me", access: .signedInWithOneTimePassword, me)
        routes.post("/auth/change-password", rate: .auth, access: .signedInWithOneTimePassword, changePassword)
    }

    @Sendable private func login(_ request: Request, _ context: APIContext) async throws -> Response {
        let (email, password, deviceName) = try await JSONBody.decode(request, context) { body in
            (
                body.required("email") { $0.email() },
                body.required("password") { $0.secret(1...128) },
                body.optional("device_name") { $0.text(1...100) }
            )
        }
        let signedIn = try await accounts.signIn(
            email: email, password: password, deviceName: deviceName, origin: context.origin)
        context.notes.userID = signedIn.user.id
        return .json(pair(signedIn))
    }

    @Sendable private func refresh(_ request: Request, _ context: APIContext) async throws -> Response {
        let token = try await JSONBody.decode(request, context) { body in
            body.required("refresh_token") { RefreshToken(text: $0.secret(32...512)) }
        }
        let signedIn = try await accounts.refresh(token, origin: context.origin)
        context.notes.userID = signedIn.user.id
        return .json(pair(signedIn))
    }

    @Sendable private func logout(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try context.caller
        let all = try await JSONBody.decode(request, context, allowsEmpty: true) { body in
            body.optional("all_sessions") { $0.bool() } ?? false
        }
        try await accounts.signOut(
            sessionID: caller.sessionID, userID: caller.userID, all: all, origin: context.origin)
        await onSignOut(caller.userID, all ? nil : caller.sessionID)
        return .noContent
    }

    @Sendable private func me(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try context.caller
        guard let user = try await accounts.user(id: caller.userID) else { throw Problem.notFound }
        let lockedUntil = try await accounts.lockedUntil(user.email)
        return .json(UserView(user: user, lockedUntil: lockedUntil)).withETag(version: user.version)
    }

    @Sendable private func changePassword(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try context.caller
        let (current, new) = try await JSONBody.decode(request, context) { body in
            (
                body.required("current_password") { $0.secret(1...128) },
                body.required("new_password") { $0.secret(PasswordRules.length) }
            )
        }
        try await accounts.changePassword(
            userID: caller.userID, sessionID: caller.sessionID, current: current, new: new, origin: context.origin)
        return .noContent
    }

    private func pair(_ signedIn: SignedIn) -> TokenPair {
        let now = clock.now
        let access = tokens.issue(user: signedIn.user, sessionID: signedIn.session.id, at: now)
        return TokenPair(signedIn: signedIn, accessToken: access.token, now: now, expiresAt: access.expiresAt)
    }
}

/// The wire form of a token pair.
struct TokenPair: JSONWritable {
    let signedIn: SignedIn
    let accessToken: String
    let now: Timestamp
    let expiresAt: Timestamp

    func write(to json: inout JSONWriter) {
        json.object { members in
            members.member("access_token", accessToken)
            members.member("token_type", "Bearer")
            members.member("expires_in", max(1, now.seconds(until: expiresAt)))
            members.member("expires_at", expiresAt)
            members.member("refresh_token", signedIn.refreshToken.text)
            members.member("refresh_expires_at", signedIn.session.expiresAt)
            members.member("session_id", signedIn.session.id)
            members.member("user", UserView(user: signedIn.user, lockedUntil: nil))
        }
    }
}

/// The wire form of an account.
public struct UserView: JSONWritable {
    let user: User
    let lockedUntil: Timestamp?

    public init(user: User, lockedUntil: Timestamp?) {
        self.user = user
        self.lockedUntil = lockedUntil
    }

    public func write(to json: inout JSONWriter) {
        json.object { members in
            members.member("id", user.id)
            members.member("email", user.email.text)
            members.member("first_name", user.firstName)
            members.member("last_name", user.lastName)
            members.member("role", user.role)
            members.member("phone", user.phone)
            if !user.languages.isEmpty { members.member("languages", user.languages) }
            if !user.expertiseAreas.isEmpty {
                members.member("expertise_areas", user.expertiseAreas.map(\.rawValue))
            }
            members.member("client_id", user.clientID)
            members.member("status", user.status)
            members.member("must_change_password", user.mustChangePassword)
            members.member("last_login_at", user.lastLoginAt)
            members.member("locked_until", lockedUntil)
            members.member("created_at", user.createdAt)
            members.member("updated_at", user.updatedAt)
            members.member("version", user.version)
        }
    }
}
