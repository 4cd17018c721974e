import CRM
import Foundation
import Hummingbird
import Logging
import ServiceLifecycle
import Store
import Threads
import UnixSignals
import VectorStore

/// The server of one installation: API, job worker and index upkeep, started and stopped together.
public struct APIServer: Sendable {
    private let configuration: Configuration
    private let installation: Installation
    let accounts: AccountService
    private let hasher: PasswordHasher
    private let logger: Logger

    /// Password hashes are slow on purpose; this many may run at once.
    private static let hashThreads = 2
    /// Running jobs get this long to end before they give their lease back.
    private static let graceSeconds = 2

    public init(configuration: Configuration, installation: Installation) {
        self.configuration = configuration
        self.installation = installation
        hasher = PasswordHasher(pool: ThreadPool(name: "hash", threads: Self.hashThreads))
        accounts = AccountService(database: installation.database, hasher: hasher)
        let level = configuration.logLevel
        logger = Logger(label: "propertypro") { JSONLogHandler(label: $0, level: level) }
    }

    /// Makes the first administrator of a fresh installation.
    /// - Returns: the one-time password when one was generated just now; it is shown once and never again.
    public func prepareAdministrator() async throws -> String? {
        try await accounts.createFirstAdministrator(
            email: configuration.adminEmail, password: configuration.adminPassword)
    }

    /// Serves until SIGTERM or SIGINT: running requests finish, running jobs end or give their lease back.
    /// - Parameter onRunning: told the port once requests are accepted.
    public func run(onRunning: @escaping @Sendable (_ port: Int) async -> Void) async throws {
        // Before the first sign-in, so that it takes as long for an unknown address as for a known one.
        try await hasher.warmUp()
        for warning in configuration.warnings { logger.warning("\(warning)") }
        if let complaint = installation.collection.indexComplaint {
            logger.warning("The index file was set aside and is being rebuilt.", metadata: ["reason": "\(complaint)"])
        }
        let secret = try JWTSecret.load(configured: configuration.jwtSecret, dataFolder: installation.dataFolder)
        let tokens = JSONWebTokens(
            secret: secret, issuer: "propertypro", audience: "propertypro-api",
            lifetimeSeconds: Int64(configuration.accessTokenMinutes) * 60)
        let admission = Admission(
            accounts: accounts, tokens: tokens, limiter: RateLimiter(limits: configuration.rateLimits),
            jsonBytes: configuration.maximumJSONBytes)
        var limits = ServerLimits()
        limits.idleSeconds = configuration.idleSeconds
        let application = HTTPServer.build(
            host: configuration.host, port: configuration.port, origins: configuration.corsOrigins,
            trustedProxies: configuration.trustedProxies, limits: limits, admission: admission,
            controllers: controllers(tokens: tokens),
            chroma: ChromaService(store: installation.collections, policy: configuration.chroma), logger: logger,
            onRunning: onRunning)
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(
                services: [
                    .init(service: JobService(worker: makeWorker(), graceSeconds: Self.graceSeconds)),
                    .init(service: application),
                    .init(service: UpkeepService(installation: installation, logger: logger)),
                    // Stopped first, so that neither requests nor jobs wait for a build.
                    .init(service: IndexService(installation: installation, logger: logger)),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
        try await group.run()
    }

    private func controllers(tokens: JSONWebTokens) -> [any Controller] {
        [
            AuthController(accounts: accounts, tokens: tokens),
            DocumentsController(
                installation: installation, maximumUploadBytes: configuration.maximumUploadBytes),
            JobsController(queue: installation.queue, intake: installation.intake),
            AssistController(installation: installation),
            HealthController(probe: HealthProbe(installation)),
            OpenAPIController(),
        ]
    }

    private func makeWorker() -> JobWorker {
        installation.makeWorker { [logger] notice in
            switch notice {
            case .changed(let job):
                guard job.status.isFinal || job.status == .retrying else { return }
                logger.log(
                    level: job.status == .completed ? .info : .warning, "job \(job.status.rawValue)",
                    metadata: [
                        "job_id": "\(job.id)", "kind": "\(job.kind.rawValue)",
                        "error": "\(job.error?.code ?? "")",
                    ])
            case .problem(let id, let error):
                logger.error("job trouble", metadata: ["job_id": "\(id ?? "")", "error": "\(error)"])
            }
        }
    }
}

/// Runs the job worker as a service.
private struct JobService: Service {
    let worker: JobWorker
    let graceSeconds: Int

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await worker.run()
        } onGracefulShutdown: {
            Task { await worker.stop(graceMilliseconds: Int64(graceSeconds) * 1_000) }
        }
    }
}

/// Gives back now and then what removed records have left.
private struct UpkeepService: Service {
    let installation: Installation
    let logger: Logger

    private static let pause = Duration.seconds(60)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while (try? await Task.sleep(for: Self.pause)) != nil {
                do {
                    try await installation.compact()
                } catch is CancellationError {
                    return
                } catch {
                    logger.warning("Space could not be given back.", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}

/// Brings the index up to date after the start, then waits for the end, which may come before that is done.
private struct IndexService: Service {
    let installation: Installation
    let logger: Logger

    func run() async throws {
        let collection = installation.collection
        try await withGracefulShutdownHandler {
            do {
                try await collection.prepare()
                logger.info("The index is ready.", metadata: ["vectors": "\(collection.count)"])
            } catch is CancellationError {
                logger.info("The index is not ready; the next start builds it.")
            }
            try? await gracefulShutdown()
        } onGracefulShutdown: {
            collection.stop()
            installation.collections.stop()
        }
    }
}
