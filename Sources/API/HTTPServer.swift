import CRM
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// Limits of the connection itself.
public struct ServerLimits: Sendable, Hashable {
    public var headerBytes = 32 << 10
    public var headerFields = 100
    /// A connection on which nothing arrives for this long is closed, unless its request is being answered.
    public var idleSeconds = 60
    public var connections = 1_024

    public init() {}
}

/// Puts routes, middleware and the network together.
public enum HTTPServer {
    /// Where the API's paths start.
    public static let prefix = "/api/v1"

    /// The application, ready to run as a service. It stops gracefully: running requests finish, new ones are refused.
    ///
    /// - Parameters:
    ///   - controllers: everything that is served.
    ///   - chroma: served under `/api/v2` where it is given.
    ///   - services: run beside the server and stopped after it.
    ///   - onRunning: told the bound port, which matters when port 0 was asked for.
    public static func build(
        host: String, port: Int, origins: Set<String> = [], trustedProxies: Int = 0,
        limits: ServerLimits = ServerLimits(), admission: Admission, controllers: [any Controller],
        chroma: ChromaService? = nil,
        services: [any Service] = [], logger: Logger,
        onRunning: @escaping @Sendable (_ port: Int) async -> Void = { _ in }
    ) -> Application<RouterResponder<APIContext>> {
        let router = Router(context: APIContext.self, options: .autoGenerateHeadEndpoints)
        let paths = PathTable()
        router.add(middleware: RequestIDMiddleware(trustedProxies: trustedProxies))
        router.add(middleware: AccessLogMiddleware())
        router.add(middleware: ResponseHeadersMiddleware())
        router.add(middleware: CrossOriginMiddleware(origins: origins))
        router.add(middleware: UnreadBodyMiddleware())
        router.add(middleware: ProblemMiddleware(paths: paths))
        // Middleware only reaches the routes that are added after it; they fill the table of paths.
        let routes = Routes(router: router, admission: admission, prefix: prefix, paths: paths)
        for controller in controllers { controller.addRoutes(to: routes) }
        chroma?.addRoutes(to: router, admission: admission, paths: paths)

        let channel = HTTP1Channel.Configuration(
            idleTimeout: .seconds(Int64(limits.idleSeconds)),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: limits.headerBytes, maxHeaderListSize: limits.headerBytes,
                maxHeaderFieldCount: limits.headerFields))
        return Application(
            router: router,
            server: .http1(configuration: channel),
            configuration: ApplicationConfiguration(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connections)),
            services: services,
            onServerRunning: { await onRunning($0.localAddress?.port ?? port) },
            logger: logger)
    }
}
