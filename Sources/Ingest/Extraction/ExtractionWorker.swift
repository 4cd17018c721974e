import Glibc

/// What one extraction gave and what it cost the worker.
public struct ExtractionResult: Sendable {
    public var document: ExtractedDocument
    public var usage: ExtractionUsage
}

/// Resources of the finished worker process.
public struct ExtractionUsage: Sendable, Hashable {
    public var cpuSeconds: Double
    public var peakMemoryBytes: Int
}

/// Reads files from strangers: each in a child process of its own, under limits that the child sets before it looks
/// at the file.
///
/// The child is this program (or the one named) started with the given arguments, an empty environment, the opened
/// file as its standard input and a pipe as its standard output; no other descriptor is open in it. Whatever the file
/// makes the child do ends as a typed error here. The child has ended and is reaped when `extract` returns, on every
/// path.
///
/// Thread rule: any thread, any number of calls at once; each call blocks for as long as the extraction takes, so
/// never call it on Swift's cooperative pool.
public struct ExtractionWorker: Sendable {
    public var executable: String
    public var arguments: [String]
    public var limits: IngestLimits

    /// How often cancellation and the clock are looked at while the child is silent.
    private static let pollMilliseconds: Int32 = 50
    /// How long a child may take to end after its last frame.
    private static let exitSeconds = 2.0

    /// - Parameters:
    ///   - executable: a program that calls `runExtractionWorker()` when started with `arguments`.
    public init(
        executable: String = "/proc/self/exe", arguments: [String] = ["extract-worker"],
        limits: IngestLimits = .standard
    ) {
        self.executable = executable
        self.arguments = arguments
        self.limits = limits
    }

    /// Reads the file at `path`. Blocks.
    ///
    /// - Parameters:
    ///   - fileName: the name under which the file was handed in, when `path` is not it; its extension must agree with
    ///     the content.
    ///   - isCancelled: asked about every 50 ms; true ends the child and throws `IngestError.cancelled`.
    ///   - progress: called on this thread, at most once a page or a thousand rows.
    public func extract(
        path: String, fileName: String? = nil, isCancelled: () -> Bool = { false },
        progress: (ExtractionProgress) -> Void = { _ in }
    ) throws(IngestError) -> ExtractionResult {
        let file = try FileDescriptor.openForReading(path: path)
        let request = ExtractionRequest(
            fileExtension: FormatSniffer.fileExtension(ofName: fileName ?? path), limits: limits)
        let child = try WorkerProcess(
            executable: executable, arguments: arguments,
            environment: [
                "\(ExtractionRequest.variable)=\(request.encoded)",
                // A trap in the child shall end it, not start a debugger in it.
                "SWIFT_BACKTRACE=enable=no",
            ],
            input: file.raw)

        let deadline = monotonicSeconds() + Double(limits.workerWallSeconds)
        let ending: Ending
        do throws(ExtractionProtocolError) {
            ending = try listen(to: child, deadline: deadline, isCancelled: isCancelled, progress: progress)
        } catch {
            ending = .broken(error.reason)
        }
        // A child that has not said its last word is not waited for.
        let patience = ending.isOrderly ? Self.exitSeconds : 0
        let exit = child.reap(patienceSeconds: patience)
        switch ending {
        case .outcome(.document(let document), let peak):
            return ExtractionResult(
                document: document, usage: ExtractionUsage(cpuSeconds: exit.cpuSeconds, peakMemoryBytes: peak))
        case .outcome(.failure(let error), _): throw error
        case .cancelled: throw .cancelled
        case .late: throw .timeout(seconds: limits.workerWallSeconds)
        case .broken(let reason): throw .workerCrashed(reason: "its answer is not valid: \(reason)")
        case .silent: throw error(for: exit.status)
        }
    }

    private enum Ending {
        case outcome(DocumentAssembler.Outcome, peakMemoryBytes: Int)
        case cancelled, late, silent
        case broken(String)

        /// The child closed its output or gave its answer, so it is about to end by itself.
        var isOrderly: Bool {
            switch self {
            case .outcome, .silent: true
            case .cancelled, .late, .broken: false
            }
        }
    }

    private func listen(
        to child: borrowing WorkerProcess, deadline: Double, isCancelled: () -> Bool,
        progress: (ExtractionProgress) -> Void
    ) throws(ExtractionProtocolError) -> Ending {
        var decoder = ExtractionFrameDecoder()
        var assembler = DocumentAssembler()
        var piece = [UInt8](repeating: 0, count: 128 << 10)
        while true {
            if isCancelled() { return .cancelled }
            if monotonicSeconds() >= deadline { return .late }
            guard let count = child.readOutput(into: &piece, waitMilliseconds: Self.pollMilliseconds) else { continue }
            if count == 0 { return .silent }
            try decoder.push(piece[..<count])
            while let frame = try decoder.next() {
                try assembler.accept(frame, progress: progress)
                if let outcome = assembler.outcome {
                    return .outcome(outcome, peakMemoryBytes: assembler.peakMemoryBytes)
                }
            }
        }
    }

    /// What an end without an answer means.
    private func error(for status: WorkerProcess.Status) -> IngestError {
        switch status {
        case .exited(let code): return .workerCrashed(reason: "it ended with status \(code)")
        case .killed: return .workerCrashed(reason: "it did not end after closing its output")
        case .signalled(let signal):
            switch signal {
            case SIGXCPU: return .timeout(seconds: limits.workerCPUSeconds)
            case SIGALRM: return .timeout(seconds: limits.workerWallSeconds)
            // The hard limit of processor time, or the kernel's out-of-memory killer: nobody else sends it.
            case SIGKILL: return .outOfMemory(limitBytes: limits.workerMemoryBytes)
            // C++ and poppler abort, GLib traps when memory runs out.
            case SIGABRT, SIGTRAP: return .outOfMemory(limitBytes: limits.workerMemoryBytes)
            default: return .malformedFile(reason: "the reader failed on it with signal \(signal)")
            }
        }
    }
}
