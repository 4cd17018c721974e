import Foundation
import Store
import Synchronization
import Testing

/// A folder that lives as long as the value.
final class Scratch: Sendable {
    let folder: String

    init() throws {
        folder = FileManager.default.temporaryDirectory.path + "/store-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func path(_ name: String) -> String { folder + "/" + name }
}

/// Lets one side of a test wait for the other: opens once, stays open.
final class Gate: Sendable {
    private let stream: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation
    private let state = Mutex(false)

    init() { (stream, continuation) = AsyncStream.makeStream() }

    var isOpen: Bool { state.withLock { $0 } }

    func open() {
        state.withLock { $0 = true }
        continuation.finish()
    }

    /// Returns once the gate is open or the task is cancelled.
    func wait() async { for await _ in stream {} }

    /// Returns once the gate is open, whatever happens to the task.
    func waitStubbornly() async { await Task { await self.wait() }.value }
}

/// The program that tests kill.
final class Probe {
    private let process = Process()
    private let output = Pipe()
    private let input = Pipe()

    init(_ arguments: [String]) throws {
        let folder = try #require(Bundle.main.executableURL).deletingLastPathComponent()
        let program = folder.appendingPathComponent("StoreProbe")
        try #require(FileManager.default.isExecutableFile(atPath: program.path), "not built: \(program.path)")
        process.executableURL = program
        process.arguments = arguments
        process.standardOutput = output
        process.standardInput = input
        try process.run()
    }

    var identifier: Int32 { process.processIdentifier }

    /// The first line it says. Blocking.
    func firstLine() -> String {
        var line: [UInt8] = []
        while let byte = try? output.fileHandleForReading.read(upToCount: 1)?.first, byte != UInt8(ascii: "\n") {
            line.append(byte)
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// Everything it still says, as whole lines. Blocking until it ends.
    func remainingLines() -> [String] {
        let data = (try? output.fileHandleForReading.readToEnd()) ?? Data()
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
    }

    /// Kills it without a chance to clean up.
    func kill() { Glibc.kill(process.processIdentifier, SIGKILL) }

    /// How it ended: nil by a signal, else its status. Blocking.
    func exitStatus() -> Int32? {
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : nil
    }
}
