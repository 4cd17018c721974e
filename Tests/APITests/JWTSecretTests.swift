import API
import Foundation
import TestSupport
import Testing

@Suite struct JWTSecretTests {
    @Test func isMadeWithTheFolderAndThenKept() throws {
        let folder = try TemporaryFolder()
        try Data().write(to: URL(fileURLWithPath: folder.path + "/owner.lock"))
        let first = try JWTSecret.load(configured: nil, dataFolder: folder.path)
        #expect(first.count == 64)
        #expect(try JWTSecret.load(configured: nil, dataFolder: folder.path) == first)
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/secrets/jwt.key")
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o600)
        let other = try TemporaryFolder()
        #expect(try JWTSecret.load(configured: nil, dataFolder: other.path) != first)
    }

    @Test func aFolderInUseWithoutSecretStopsTheStart() throws {
        let folder = try TemporaryFolder()
        _ = try JWTSecret.load(configured: nil, dataFolder: folder.path)
        let path = folder.path + "/secrets/jwt.key"
        try FileManager.default.removeItem(atPath: path)
        try Data().write(to: URL(filePath: folder.path + "/propertypro.sqlite"))
        #expect(throws: JWTSecretError.missing(path: path)) {
            try JWTSecret.load(configured: nil, dataFolder: folder.path)
        }
    }

    @Test func shortOpenOrPredictableSecretsStopTheStart() throws {
        let folder = try TemporaryFolder()
        _ = try JWTSecret.load(configured: nil, dataFolder: folder.path)
        let path = folder.path + "/secrets/jwt.key"
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        #expect(throws: JWTSecretError.readableByOthers(path: path, mode: 0o640)) {
            try JWTSecret.load(configured: nil, dataFolder: folder.path)
        }
        try Data("short\n".utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        #expect(throws: JWTSecretError.tooShort(source: path, found: 5)) {
            try JWTSecret.load(configured: nil, dataFolder: folder.path)
        }
        for text in [String(repeating: "ab", count: 20), "changeme-changeme-changeme-1234567890"] {
            #expect(throws: JWTSecretError.predictable(source: "PROPERTYPRO_JWT_SECRET")) {
                try JWTSecret.load(configured: text, dataFolder: folder.path)
            }
        }
        let configured = "kB7hQ2wX9sL4mN6pR8tV1yZ3cF5gJ0dA"
        #expect(try JWTSecret.load(configured: configured, dataFolder: "/nowhere") == Array(configured.utf8))
    }
}
