import API
import CRM
import Logging
import Testing

@Suite struct ConfigurationTests {
    @Test func standsOnItsDefaults() throws {
        let configuration = try Configuration(environment: ["HOME": "/x", "PROPERTYPRO_PORT": "  "])
        #expect(configuration.host == "127.0.0.1" && configuration.port == 8_000)
        #expect(configuration.rateLimits == RateLimits())
        #expect(configuration.accessTokenMinutes == 15 && configuration.maximumUploadBytes == 25 << 20)
        #expect(configuration.adminEmail.text == "admin@propertypro.local" && configuration.adminPassword == nil)
        #expect(configuration.corsOrigins.isEmpty && configuration.warnings.isEmpty && configuration.jwtSecret == nil)
    }

    @Test func readsEveryKey() throws {
        let configuration = try Configuration(environment: [
            "PROPERTYPRO_HOST": "::", "PROPERTYPRO_PORT": "0", "PROPERTYPRO_DATA": "/var/lib/pp",
            "PROPERTYPRO_RATE_AI": "off", "PROPERTYPRO_RATE_GENERAL": "7",
            "PROPERTYPRO_CORS_ORIGINS": "https://a.example, http://localhost:3000", "PROPERTYPRO_LOG_LEVEL": "Debug",
            "PROPERTYPRO_TRUSTED_PROXIES": "1", "PROPERTYPRO_TYPO": "1",
        ])
        #expect(configuration.host == "::" && configuration.port == 0 && configuration.dataFolder == "/var/lib/pp")
        #expect(configuration.rateLimits.aiPerMinute == nil && configuration.rateLimits.generalPerMinute == 7)
        #expect(configuration.corsOrigins == ["https://a.example", "http://localhost:3000"])
        #expect(configuration.logLevel == .debug && configuration.trustedProxies == 1)
        #expect(configuration.warnings.count == 1 && configuration.warnings[0].contains("PROPERTYPRO_TYPO"))
    }

    @Test func listsAllProblemsAtOnceWithoutSecrets() throws {
        let error = try #require(throws: ConfigurationError.self) {
            try Configuration(environment: [
                "PROPERTYPRO_PORT": "70000", "PROPERTYPRO_RATE_AUTH": "0", "PROPERTYPRO_JWT_SECRET": "hunter2",
                "PROPERTYPRO_CORS_ORIGINS": "example.com", "PROPERTYPRO_LOG_LEVEL": "loud",
                "PROPERTYPRO_ADMIN_EMAIL": "nobody", "PROPERTYPRO_ACCESS_TOKEN_MINUTES": "ten",
            ])
        }
        #expect(error.problems.count == 7)
        #expect(error.description.contains("PROPERTYPRO_PORT must be an integer from 0 to 65535 (found \"70000\")"))
        #expect(!error.description.contains("hunter2"))
    }

    @Test func namesAreUniqueAndDescribed() {
        #expect(Set(Configuration.keys.map(\.name)).count == Configuration.keys.count)
        #expect(Configuration.keys.allSatisfy { $0.name.hasPrefix("PROPERTYPRO_") && !$0.help.isEmpty })
        #expect(Configuration.keys.filter(\.isSecret).map(\.name).count == 2)
    }
}
