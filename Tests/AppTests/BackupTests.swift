import Foundation
import TestSupport
import Testing

@Suite struct BackupTests {
    private func ingest(_ folder: String) async throws -> String {
        let csv = folder + "/listings.csv"
        try "reference,price\nA-1,1200000\nA-2,950000\n".write(toFile: csv, atomically: true, encoding: .utf8)
        let data = folder + "/data"
        #expect(try await ProgramRun.run(["ingest", csv, "--data", data]).status == 0)
        return data
    }

    @Test func aBackupOfARunningServerBecomesTheSameFolder() async throws {
        let folder = try TemporaryFolder()
        let data = try await ingest(folder.path)
        let backup = folder.path + "/backup"
        let server = try await ServerProcess.start(data: data)
        let made = try await ProgramRun.run(["backup", backup, "--data", data])
        #expect(made.status == 0 && made.output.contains("checked"), "\(made.errors)")
        #expect(await server.stop() == 0)
        let twice = try await ProgramRun.run(["backup", backup, "--data", data])
        #expect(twice.status != 0 && twice.errors.contains("not empty"))

        let restored = folder.path + "/restored"
        let done = try await ProgramRun.run(["restore", backup, "--data", restored])
        #expect(done.status == 0, "\(done.errors)")
        let check = try await ProgramRun.run(["check", "--data", restored])
        #expect(check.status == 0, "\(check.output)")
        let (before, after) = (
            try await ProgramRun.run(["dump", "--document", "listings.csv", "--json", "--data", data]),
            try await ProgramRun.run(["dump", "--document", "listings.csv", "--json", "--data", restored])
        )
        #expect(before.output == after.output && before.output.contains("1200000"))
        let over = try await ProgramRun.run(["restore", backup, "--data", data])
        #expect(over.status != 0 && over.errors.contains("not empty"))
    }

    @Test func aDamagedBackupIsNotRestored() async throws {
        let folder = try TemporaryFolder()
        let data = try await ingest(folder.path)
        let backup = folder.path + "/backup"
        #expect(try await ProgramRun.run(["backup", backup, "--data", data]).status == 0)
        let files = try FileManager.default.subpathsOfDirectory(atPath: backup).filter { path in
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: backup + "/" + path, isDirectory: &isFolder)
            return !isFolder.boolValue
        }
        #expect(files.count >= 4)
        for file in files {
            let url = URL(filePath: backup + "/" + file)
            let whole = try Data(contentsOf: url)
            try #require(!whole.isEmpty, "\(file)")
            var changed = whole
            changed[changed.count / 2] ^= 1
            try changed.write(to: url)
            let run = try await ProgramRun.run(["restore", backup, "--data", folder.path + "/restored"])
            #expect(run.status != 0 && (file == "manifest.json" || run.errors.contains(file)), "\(file): \(run.errors)")
            #expect(!FileManager.default.fileExists(atPath: folder.path + "/restored"))
            try whole.write(to: url)
        }
        #expect(try await ProgramRun.run(["restore", folder.path, "--data", folder.path + "/x"]).status != 0)
        #expect(try await ProgramRun.run(["purge", "--data", data]).status == 0)
        #expect(try await ProgramRun.run(["check", "--data", data]).status == 0)
    }
}
