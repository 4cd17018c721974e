import API
import CRM
import Foundation
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import ServiceLifecycle
import Store
import Synchronization
import TestSupport
import Testing
import Threads

/// The real server on a free loopback port, with cheap password hashes and a clock that tests move.
struct ServerFixture {
    static let password = "harbour-lantern-42-quiet"
    static let changedPassword = "nine blue herons wade"
    static let secret = Array("0123456789abcdef0123456789ABCDEF".utf8)

    let client: HTTPClient
    let accounts: AccountService
    let tokens: JSONWebTokens
    let clock: ManualClock
    let log: LogLines
    let gate: Gate
    let stop: @Sendable () async -> Void

    /// Starts a server, lends it to `body` and stops it.
    static func run(
        rateLimits: RateLimits? = nil, origins: Set<String> = [], limits: ServerLimits = ServerLimits(),
        _ body: (ServerFixture) async throws -> Void
    ) async throws {
        let folder = try TemporaryFolder()
        let clock = ManualClock()
        let log = LogLines()
        let database = try SQLiteDatabase(path: folder.path + "/test.db", migrations: AccountRepository.migrations)
        let pool = ThreadPool(name: "hash", threads: 2)
        defer { pool.shutDown() }
        let hasher = PasswordHasher(pool: pool, cost: Argon2Cost(memoryKiB: 8, passes: 1, lanes: 1))
        let accounts = AccountService(database: database, hasher: hasher, clock: clock.wallClock)
        let tokens = JSONWebTokens(secret: secret, issuer: "propertypro", audience: "api", lifetimeSeconds: 900)
        var unlimited = RateLimits()
        unlimited.generalPerMinute = nil
        unlimited.authPerMinute = nil
        let limiter = RateLimiter(limits: rateLimits ?? unlimited)
        let admission = Admission(accounts: accounts, tokens: tokens, limiter: limiter, clock: clock.wallClock)
        let logger = Logger(label: "test") { label in
            JSONLogHandler(label: label) { line in log.append(line) }
        }
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let probe = ProbeController()
        let application = HTTPServer.build(
            host: "127.0.0.1", port: 0, origins: origins, limits: limits, admission: admission,
            controllers: [
                AuthController(accounts: accounts, tokens: tokens, clock: clock.wallClock), probe,
            ],
            logger: logger, onRunning: { port.yield($0) })
        let group = ServiceGroup(
            configuration: ServiceGroupConfiguration(services: [application], logger: logger))
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { port.finish() }
                try await group.run()
            }
            var bound: Int?
            for await number in ports {
                bound = number
                break
            }
            let fixture = ServerFixture(
                client: HTTPClient(port: try #require(bound)), accounts: accounts, tokens: tokens, clock: clock,
                log: log, gate: probe.gate, stop: { await group.triggerGracefulShutdown() })
            do {
                try await body(fixture)
            } catch {
                await group.triggerGracefulShutdown()
                throw error
            }
            await group.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
        try await database.close()
    }

    /// A user who has already chosen a password.
    @discardableResult
    func addUser(_ email: String = "layla.haddad@example.com", role: Role = .agent) async throws -> User {
        let user = try await addNewUser(email, role: role)
        let signedIn = try await accounts.signIn(
            email: user.email, password: Self.password, deviceName: nil, origin: .program)
        try await accounts.changePassword(
            userID: user.id, sessionID: signedIn.session.id, current: Self.password, new: Self.changedPassword,
            origin: .program)
        return user
    }

    /// A user with a one-time password.
    @discardableResult
    func addNewUser(_ email: String = "layla.haddad@example.com", role: Role = .agent) async throws -> User {
        let address = try #require(EmailAddress(email))
        let new = NewUser(email: address, firstName: "Layla", lastName: "Haddad", role: role)
        return try await accounts.createUser(new, password: Self.password, origin: .program).user
    }

    func login(
        _ email: String = "layla.haddad@example.com", password: String = changedPassword
    ) async throws -> HTTPReply {
        try await client.send(
            "POST", "/api/v1/auth/login", json: #"{"email":"\#(email)","password":"\#(password)"}"#)
    }

    func token(_ email: String = "layla.haddad@example.com") async throws -> String {
        try #require(try await login(email).string("access_token"))
    }
}

final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])
    func append(_ line: [UInt8]) { lines.withLock { $0.append(String(decoding: line, as: UTF8.self)) } }
    var all: [String] { lines.withLock { $0 } }
}

/// Routes that show what the framework does around a handler.
struct ProbeController: Controller {
    struct Unexpected: Error {
        let secret = "database password"
    }

    /// Opened by POST /probe/gate; streams and slow answers wait for it.
    let gate = Gate()
    /// Opened once a slow answer is under way.
    let started = Gate()

    func addRoutes(to routes: Routes) {
        routes.post("/probe/json", access: .anyone) { request, context in
            let name = try await JSONBody.decode(request, context) { body in
                body.required("name") { $0.text(1...20) }
            }
            return .json(JSONDocument { $0.member("name", name) }, status: .created)
        }
        routes.post("/probe/upload", rate: .upload, access: .anyone) { request, context in
            var form = try MultipartReader(request, limits: MultipartLimits(fileBytes: 1 << 20), seconds: 10)
            var digest = SHA256()
            var bytes = 0
            var fields: [String: String] = [:]
            while let part = try await form.nextPart() {
                if part.filename == nil {
                    fields[part.name] = try await form.text()
                } else {
                    while let piece = try await form.nextContent() {
                        digest.update(piece)
                        bytes += piece.count
                    }
                }
            }
            let hash = hexadecimal(digest.finish())
            return .json(
                JSONDocument { members in
                    members.member("bytes", bytes)
                    members.member("sha256", hash)
                    members.member("fields", fields)
                })
        }
        routes.get("/probe/items/{id}", access: .anyone) { request, context in
            let id = try context.pathID("id")
            let page = try Query.decode(request) { $0.page() }
            return .json(Page(items: [id], total: 1, limit: page.limit, offset: page.offset))
        }
        routes.delete("/probe/items/{id}", access: .roles(.admin)) { request, context in .noContent }
        routes.post("/probe/admin", access: .roles(.admin)) { request, context in
            _ = try await JSONBody.parse(request, context)
            return .noContent
        }
        routes.get("/probe/failure", access: .anyone) { request, context in throw Unexpected() }
        routes.get("/probe/cached", rate: .none, access: .anyone) { request, context in
            Response(status: .ok, headers: [.cacheControl: "max-age=5"])
        }
        routes.get("/probe/slow", rate: .none, access: .anyone) { [started, gate] request, context in
            await started.open()
            await gate.wait()
            return .json("done")
        }
        routes.get("/probe/started", rate: .none, access: .anyone) { [started] request, context in
            await started.wait()
            return .noContent
        }
        routes.get("/probe/ai", rate: .ai, access: .anyone) { [gate] request, context in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    try await writer.write(ByteBuffer(string: "first "))
                    await gate.wait()
                    try await writer.write(ByteBuffer(string: "last"))
                    try await writer.finish(nil)
                })
        }
        routes.post("/probe/gate", access: .anyone) { [gate] request, context in
            await gate.open()
            return .noContent
        }
    }
}

/// Holds whoever waits until it is opened; then it stays open.
actor Gate {
    private var isOpen = false
    private var waiting: [CheckedContinuation<Void, Never>] = []

    func wait() async {
        guard !isOpen else { return }
        await withCheckedContinuation { waiting.append($0) }
    }

    func open() {
        isOpen = true
        for continuation in waiting { continuation.resume() }
        waiting = []
    }
}
