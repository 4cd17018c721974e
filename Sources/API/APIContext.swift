import CRM
import Hummingbird
import Logging
import NIOCore
import Store
import Synchronization

/// Who makes a request, as the store has it now.
public struct Identity: Sendable, Hashable {
    public let userID: String
    public let role: Role
    public let sessionID: String
    public let email: EmailAddress
    /// The client record of a user with role `client`.
    public let clientID: String?
    public let mustChangePassword: Bool

    init(_ live: LiveSession) {
        userID = live.user.id
        role = live.user.role
        sessionID = live.session.id
        email = live.user.email
        clientID = live.user.clientID
        mustChangePassword = live.user.mustChangePassword
    }
}

/// What travels with a request.
public struct APIContext: RequestContext {
    public var coreContext: CoreRequestContextStorage
    /// Equal to the X-Request-Id of the response.
    public var requestID: String
    /// Address of the peer, or of the client behind trusted proxies.
    public var clientAddress: String
    /// Set by admission; nil on public routes.
    public internal(set) var identity: Identity?
    /// Largest JSON body, as configured.
    public internal(set) var jsonBytes = 1 << 20
    let notes = RequestNotes()
    let channel: any Channel

    public init(source: ApplicationRequestContextSource) {
        coreContext = CoreRequestContextStorage(source: source)
        channel = source.channel
        clientAddress = source.channel.remoteAddress?.ipAddress ?? "unknown"
        requestID = ""
    }

    /// Who is signed in.
    /// - Throws: 401 on a route that was declared public.
    public var caller: Identity {
        get throws(Problem) {
            guard let identity else { throw Problem(.unauthenticated) }
            return identity
        }
    }

    /// For audit entries.
    public var origin: RequestOrigin { RequestOrigin(ip: clientAddress, requestID: requestID) }

    /// A path parameter that is a UUID, in lower case.
    /// - Throws: 400 `invalid_parameter`.
    public func pathID(_ name: String) throws(Problem) -> String {
        guard let text = parameters.get(name), let id = UUIDv7.canonical(text) else {
            throw Problem(
                .invalidParameter,
                errors: [FieldError(parameter: name, code: "invalid_format", message: "must be a UUID")])
        }
        return id
    }
}

/// What inner layers leave for the outer ones: the context itself only travels inwards.
final class RequestNotes: Sendable {
    private struct State {
        var userID: String?
        var rate: RateLimitState?
        var problemCode: String?
    }
    private let state = Mutex(State())

    var userID: String? {
        get { state.withLock { $0.userID } }
        set { state.withLock { $0.userID = newValue } }
    }
    var rate: RateLimitState? {
        get { state.withLock { $0.rate } }
        set { state.withLock { $0.rate = newValue } }
    }
    var problemCode: String? {
        get { state.withLock { $0.problemCode } }
        set { state.withLock { $0.problemCode = newValue } }
    }
}
