import Foundation
import TestSupport
import Testing

@Suite struct ServeTests {
    @Test func theFirstStartShowsTheAdministratorOnceAndTheFolderHasOneOwner() async throws {
        let folder = try TemporaryFolder()
        let data = folder.path + "/data"
        let first = try await ServerProcess.start(data: data)
        let password = try #require(first.password)
        let client = HTTPClient(port: first.port)
        let login = try await client.send(
            "POST", "/api/v1/auth/login",
            json: #"{"email":"admin@propertypro.local","password":"\#(password)"}"#)
        #expect(login.status == 200)
        let token = try #require(login.string("access_token"))
        let early = try await client.send("GET", "/api/v1/documents", token: token)
        #expect(early.status == 403 && early.code == "password_change_required")

        let start = ContinuousClock.now
        let second = try await ProgramRun.run(["ask", "rent?", "--data", data])
        #expect(second.status != 0)
        #expect(second.errors.contains("in use by propertypro serve"))
        #expect(ContinuousClock.now - start < .seconds(5))
        #expect(await first.stop() == 0)

        let again = try await ServerProcess.start(data: data)
        #expect(again.password == nil, "the one-time password is shown once")
        again.kill()
        _ = await again.stop()
        // The lock of a killed process is gone with it.
        #expect(try await ProgramRun.run(["check", "--data", data]).status == 0)
    }

    @Test func aFolderWithoutItsSigningKeyIsNotServed() async throws {
        let folder = try TemporaryFolder()
        let data = folder.path + "/data"
        let status = await (try ServerProcess.start(data: data)).stop()
        #expect(status == 0)
        try FileManager.default.removeItem(atPath: data + "/secrets/jwt.key")
        let run = try await ProgramRun.run(["serve", "--data", data, "--port", "0"])
        #expect(run.status != 0)
        #expect(run.errors.contains("secrets/jwt.key is missing"))
    }

    @Test func wrongSettingsAreListedTogether() async throws {
        let folder = try TemporaryFolder()
        let run = try await ProgramRun.run(
            ["serve", "--data", folder.path + "/data"],
            environment: ["PROPERTYPRO_JWT_SECRET": "short", "PROPERTYPRO_RATE_AI": "many"])
        #expect(run.status != 0)
        #expect(run.errors.contains("PROPERTYPRO_JWT_SECRET") && run.errors.contains("PROPERTYPRO_RATE_AI"))
        #expect(!run.errors.contains("short"))
    }
}
