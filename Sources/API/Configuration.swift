import CRM
import Foundation
import Ingest
import Logging

/// Everything that can be set from outside, read once at start.
///
/// Each key is an environment variable `PROPERTYPRO_…`; ``keys`` lists them all with type, default and unit.
public struct Configuration: Sendable {
    public var host: String
    /// 0 takes any free port.
    public var port: Int
    public var dataFolder: String
    /// Nil: the program looks where its own installer puts models.
    public var modelFolder: String?
    /// Nil: the secret of the data folder.
    public var jwtSecret: String?
    public var accessTokenMinutes: Int
    public var rateLimits: RateLimits
    public var corsOrigins: Set<String>
    public var trustedProxies: Int
    public var maximumJSONBytes: Int
    public var maximumUploadBytes: Int
    public var idleSeconds: Int
    public var chroma: ChromaPolicy
    public var logLevel: Logger.Level
    public var adminEmail: EmailAddress
    /// Nil: a one-time password is generated and shown once.
    public var adminPassword: String?
    /// What looked wrong but does not stop the start, such as a misspelt key.
    public var warnings: [String]

    /// Reads and checks every key.
    /// - Throws: ``ConfigurationError`` with all problems at once.
    public init(environment: [String: String] = ProcessInfo.processInfo.environment) throws(ConfigurationError) {
        var reader = Reader(environment: environment)
        host = reader.text(.host)
        port = reader.integer(.port, 0...65_535)
        dataFolder = reader.text(.dataFolder)
        modelFolder = reader.optionalText(.modelFolder)
        jwtSecret = reader.secret(.jwtSecret, minimumBytes: JWTSecret.minimumBytes)
        accessTokenMinutes = reader.integer(.accessTokenMinutes, 1...1_440)
        var limits = RateLimits()
        limits.generalPerMinute = reader.limit(.rateGeneral)
        limits.uploadPerMinute = reader.limit(.rateUpload)
        limits.heavyPerMinute = reader.limit(.rateHeavy)
        limits.aiPerMinute = reader.limit(.rateAI)
        limits.aiConcurrent = reader.limit(.rateAIConcurrent)
        limits.authPerMinute = reader.limit(.rateAuth)
        rateLimits = limits
        corsOrigins = reader.origins(.corsOrigins)
        trustedProxies = reader.integer(.trustedProxies, 0...8)
        maximumJSONBytes = reader.integer(.maximumJSONBytes, 1_024...(64 << 20))
        maximumUploadBytes = reader.integer(.maximumUploadBytes, 1_024...IngestLimits.standard.maximumFileBytes)
        idleSeconds = reader.integer(.idleSeconds, 1...3_600)
        logLevel = reader.logLevel(.logLevel)
        var policy = ChromaPolicy()
        policy.isOpen = reader.flag(.chromaOpen)
        policy.allowsReset = reader.flag(.chromaReset)
        chroma = policy
        if policy.isOpen, !["127.0.0.1", "::1", "localhost"].contains(host) {
            reader.problem(.chromaOpen, "is for an address that only this machine reaches, such as 127.0.0.1")
        }
        let address = EmailAddress(reader.text(.adminEmail))
        adminPassword = reader.optionalText(.adminPassword)
        warnings = reader.unknownKeys()
        if address == nil { reader.problem(.adminEmail, "must be an e-mail address") }
        guard let address, reader.problems.isEmpty else { throw ConfigurationError(problems: reader.problems) }
        adminEmail = address
    }
}

/// Settings that cannot be used, all of them.
public struct ConfigurationError: Error, Equatable, CustomStringConvertible {
    public let problems: [String]

    public var description: String {
        "The configuration cannot be used. Correct these settings and start again:\n"
            + problems.map { "  - \($0)" }.joined(separator: "\n")
    }
}

/// What a key is called and means.
public struct ConfigurationKey: Sendable, Hashable {
    /// The environment variable.
    public let name: String
    public let type: String
    /// As text; empty when there is none.
    public let standard: String
    public let unit: String
    /// Never printed or logged.
    public let isSecret: Bool
    public let help: String

    private init(
        _ name: String, _ type: String, _ standard: String, unit: String = "", isSecret: Bool = false, _ help: String
    ) {
        self.name = Self.prefix + name
        self.type = type
        self.standard = standard
        self.unit = unit
        self.isSecret = isSecret
        self.help = help
    }

    static let prefix = "PROPERTYPRO_"
}

extension ConfigurationKey {
    static let host = ConfigurationKey("HOST", "text", "127.0.0.1", "Address to listen on.")
    static let port = ConfigurationKey("PORT", "integer", "8000", "Port to listen on; 0 takes a free one.")
    static let dataFolder = ConfigurationKey("DATA", "folder", "data", "The folder that holds everything.")
    static let modelFolder = ConfigurationKey("MODEL", "folder", "", "Folder of the embedding model.")
    static let cacheFolder = ConfigurationKey(
        "CACHE", "folder", "~/.cache/propertypro", "Where the scripts put the model, in models/all-MiniLM-L6-v2.")
    static let jwtSecret = ConfigurationKey(
        "JWT_SECRET", "text", "", unit: "at least 32 bytes", isSecret: true,
        "Signs access tokens (HS256). Default: a random file secrets/jwt.key made together with the data folder.")
    static let accessTokenMinutes = ConfigurationKey(
        "ACCESS_TOKEN_MINUTES", "integer", "15", unit: "minutes", "How long an access token is valid.")
    static let rateGeneral = ConfigurationKey(
        "RATE_GENERAL", "limit", "120", unit: "requests per minute and user", "Ordinary operations.")
    static let rateUpload = ConfigurationKey(
        "RATE_UPLOAD", "limit", "30", unit: "requests per minute and user", "Uploads.")
    static let rateHeavy = ConfigurationKey(
        "RATE_HEAVY", "limit", "10", unit: "requests per minute and user", "Exports, reports, reindexing.")
    static let rateAI = ConfigurationKey(
        "RATE_AI", "limit", "20", unit: "requests per minute and user", "Questions to the assistant.")
    static let rateAIConcurrent = ConfigurationKey(
        "RATE_AI_CONCURRENT", "limit", "2", unit: "requests at once per user", "Questions at once.")
    static let rateAuth = ConfigurationKey(
        "RATE_AUTH", "limit", "20", unit: "requests per minute and IP", "Sign-in and token operations.")
    static let corsOrigins = ConfigurationKey(
        "CORS_ORIGINS", "list", "", unit: "comma-separated origins", "Web origins that may call the API.")
    static let trustedProxies = ConfigurationKey(
        "TRUSTED_PROXIES", "integer", "0", "Proxies in front that append to X-Forwarded-For.")
    static let maximumJSONBytes = ConfigurationKey(
        "MAX_JSON_BYTES", "integer", "1048576", unit: "bytes", "Largest JSON body.")
    static let maximumUploadBytes = ConfigurationKey(
        "MAX_UPLOAD_BYTES", "integer", "26214400", unit: "bytes", "Largest uploaded document.")
    static let idleSeconds = ConfigurationKey(
        "IDLE_SECONDS", "integer", "60", unit: "seconds", "Silence after which a connection is closed.")
    static let chromaOpen = ConfigurationKey(
        "CHROMA_OPEN", "on or off", "off", "Collections under /api/v2 without a token; only on a loopback address.")
    static let chromaReset = ConfigurationKey(
        "CHROMA_RESET", "on or off", "off", "POST /api/v2/reset, which removes every collection there, is allowed.")
    static let logLevel = ConfigurationKey(
        "LOG_LEVEL", "one of trace, debug, info, notice, warning, error, critical", "info", "Least severe entry logged."
    )
    static let adminEmail = ConfigurationKey(
        "ADMIN_EMAIL", "e-mail address", "admin@propertypro.local", "The first administrator.")
    static let adminPassword = ConfigurationKey(
        "ADMIN_PASSWORD", "text", "", isSecret: true,
        "The first administrator's password until the first sign-in. Default: generated and shown once.")
}

extension Configuration {
    /// All keys, in the order of the documentation.
    public static let keys: [ConfigurationKey] = [
        .host, .port, .dataFolder, .modelFolder, .cacheFolder, .jwtSecret, .accessTokenMinutes, .rateGeneral,
        .rateUpload,
        .rateHeavy, .rateAI, .rateAIConcurrent, .rateAuth, .corsOrigins, .trustedProxies, .maximumJSONBytes,
        .maximumUploadBytes, .idleSeconds, .chromaOpen, .chromaReset, .logLevel, .adminEmail, .adminPassword,
    ]
}

/// Reads values and collects what is wrong with them.
private struct Reader {
    let environment: [String: String]
    var problems: [String] = []

    init(environment: [String: String]) {
        self.environment = environment
    }

    mutating func problem(_ key: ConfigurationKey, _ message: String) {
        let shown = key.isSecret ? "" : " (found \"\(String((environment[key.name] ?? "").prefix(80)))\")"
        problems.append("\(key.name) \(message)\(shown)")
    }

    /// Blank counts as not set.
    func optionalText(_ key: ConfigurationKey) -> String? {
        guard let value = environment[key.name], !value.allSatisfy(\.isWhitespace) else { return nil }
        return value
    }

    func text(_ key: ConfigurationKey) -> String { optionalText(key) ?? key.standard }

    mutating func integer(_ key: ConfigurationKey, _ range: ClosedRange<Int>) -> Int {
        guard let value = Int(text(key)), range.contains(value) else {
            problem(key, "must be an integer from \(range.lowerBound) to \(range.upperBound)")
            return range.lowerBound
        }
        return value
    }

    /// A number above zero, or `off`.
    mutating func limit(_ key: ConfigurationKey) -> Int? {
        let text = text(key)
        if text == "off" { return nil }
        guard let value = Int(text), (1...100_000).contains(value) else {
            problem(key, "must be an integer from 1 to 100000, or off")
            return nil
        }
        return value
    }

    mutating func flag(_ key: ConfigurationKey) -> Bool {
        switch text(key) {
        case "on": return true
        case "off": return false
        default:
            problem(key, "must be on or off")
            return false
        }
    }

    mutating func secret(_ key: ConfigurationKey, minimumBytes: Int) -> String? {
        guard let value = optionalText(key) else { return nil }
        if value.utf8.count < minimumBytes {
            problem(key, "must have at least \(minimumBytes) bytes, not \(value.utf8.count)")
        }
        return value
    }

    mutating func origins(_ key: ConfigurationKey) -> Set<String> {
        let entries = text(key).split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
        for entry in entries where entry != "*" {
            let rest = entry.hasPrefix("https://") ? entry.dropFirst(8) : entry.dropFirst(7)
            let hasScheme = entry.hasPrefix("https://") || entry.hasPrefix("http://")
            if !hasScheme || rest.isEmpty || rest.contains("/") || rest.contains(where: \.isWhitespace) {
                problem(key, "must hold origins such as https://crm.example.com, without a path")
                break
            }
        }
        return Set(entries)
    }

    mutating func logLevel(_ key: ConfigurationKey) -> Logger.Level {
        guard let level = Logger.Level(rawValue: text(key).lowercased()) else {
            problem(key, "must be \(key.type)")
            return .info
        }
        return level
    }

    func unknownKeys() -> [String] {
        let known = Set(Configuration.keys.map(\.name))
        return environment.keys
            .filter { $0.hasPrefix(ConfigurationKey.prefix) && !known.contains($0) }.sorted()
            .map { "\($0) is not a setting of this program and was ignored" }
    }
}
