import Foundation
import TestSupport
import Testing

/// One run of the program, started and waited for on a thread of its own.
struct ProgramRun: Sendable {
    let status: Int32
    let output: String
    let errors: String

    /// The output as a JSON object, empty if it is none.
    var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(output.utf8))) as? [String: Any] ?? [:]
    }

    /// - Parameter input: what the program reads from standard input, short enough for a pipe; nil for that of the tests.
    static func run(
        _ arguments: [String], environment: [String: String] = [:], input: String? = nil
    ) async throws -> ProgramRun {
        let program = try #require(BuiltProgram.path, "the program is not built beside the tests")
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(
                    with: Result {
                        let process = Process()
                        let (output, errors) = (Pipe(), Pipe())
                        process.executableURL = URL(filePath: program)
                        process.arguments = arguments
                        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
                        process.standardOutput = output
                        process.standardError = errors
                        let pipe = Pipe()
                        if let input {
                            try pipe.fileHandleForWriting.write(contentsOf: Data(input.utf8))
                            try pipe.fileHandleForWriting.close()
                            process.standardInput = pipe
                        }
                        try process.run()
                        let text = output.fileHandleForReading.readDataToEndOfFile()
                        let complaints = errors.fileHandleForReading.readDataToEndOfFile()
                        process.waitUntilExit()
                        return ProgramRun(
                            status: process.terminationStatus, output: String(decoding: text, as: UTF8.self),
                            errors: String(decoding: complaints, as: UTF8.self))
                    })
            }
        }
    }
}

/// A running server process.
final class ServerProcess: @unchecked Sendable {
    // SAFETY (Sendable): one test uses it, one call after the other.
    private let process = Process()
    let port: Int
    let password: String?

    /// Starts the server on a free port and waits until it says that it serves.
    static func start(data: String) async throws -> ServerProcess {
        let program = try #require(BuiltProgram.path, "the program is not built beside the tests")
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try ServerProcess(program: program, data: data) })
            }
        }
    }

    private init(program: String, data: String) throws {
        let output = Pipe()
        process.executableURL = URL(filePath: program)
        process.arguments = ["serve", "--data", data, "--port", "0"]
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        var text = ""
        var found: Int?
        while found == nil {
            let piece = output.fileHandleForReading.availableData
            guard !piece.isEmpty else { break }
            text += String(decoding: piece, as: UTF8.self)
            found = text.firstMatch(of: /Serving http:\/\/127\.0\.0\.1:([0-9]+)\/api\/v1/).flatMap { Int($0.1) }
        }
        guard let found else {
            process.terminate()
            throw CocoaError(.executableLoad)
        }
        port = found
        password = text.firstMatch(of: /One-time password: (\S+)/).map { String($0.1) }
    }

    func kill() { Foundation.kill(process.processIdentifier, SIGKILL) }

    /// Asks the server to end and returns its exit status.
    func stop() async -> Int32 {
        process.terminate()
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread { [process] in
                process.waitUntilExit()
                continuation.resume(returning: process.terminationStatus)
            }
        }
    }

    deinit { if process.isRunning { kill() } }
}
