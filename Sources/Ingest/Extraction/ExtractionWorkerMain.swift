import Glibc

/// The body of the worker process: reads the file on standard input, writes `ExtractionFrame`s to standard output.
///
/// The executable that `ExtractionWorker` starts calls this before it does anything else, so that the limits hold
/// for all that follows. Its environment carries the request.
///
/// - Returns: the exit status: 0 after an answer (also a failure), 2 when there was no request, 3 when the limits
///   could not be set.
public func runExtractionWorker() -> Int32 {
    guard let value = getenv(ExtractionRequest.variable),
        let request = ExtractionRequest(encoded: String(cString: value))
    else { return 2 }
    guard setWorkerLimits(request.limits) else { return 3 }
    let output = FrameOutput(descriptor: 1)
    output.write(.hello(version: ExtractionFrame.version))
    do throws(IngestError) {
        let bytes = try FileDescriptor(owning: 0).readAll(limitBytes: request.limits.maximumFileBytes)
        let document = try Extractor(limits: request.limits).extract(
            bytes: bytes, fileExtension: request.fileExtension, progress: { output.write(.progress($0)) })
        output.write(document)
    } catch {
        output.write(.failure(error))
    }
    return 0
}

/// Limits that this process can never raise again.
private func setWorkerLimits(_ limits: IngestLimits) -> Bool {
    func set(_ resource: __rlimit_resource, _ soft: Int, hard: Int? = nil) -> Bool {
        var value = rlimit(rlim_cur: rlim_t(soft), rlim_max: rlim_t(hard ?? soft))
        return setrlimit(__rlimit_resource_t(resource.rawValue), &value) == 0
    }
    // A worker whose server died ends by itself.
    alarm(UInt32(clamping: limits.workerWallSeconds + 10))
    return set(RLIMIT_CORE, 0)
        && set(RLIMIT_FSIZE, 0)
        && set(__RLIMIT_NPROC, 0)
        && set(RLIMIT_NOFILE, limits.workerOpenFiles)
        && set(RLIMIT_CPU, limits.workerCPUSeconds, hard: limits.workerCPUSeconds + 1)
        && set(RLIMIT_AS, limits.workerMemoryBytes)
}

/// Standard output as a sequence of frames. A reader that went away ends the process (SIGPIPE).
private struct FrameOutput {
    let descriptor: Int32
    private static let textPieceBytes = 64 << 10

    func write(_ frame: ExtractionFrame) { write(bytes: frame.encoded()) }

    /// The whole document, ended by its counts.
    func write(_ document: ExtractedDocument) {
        let utf8 = Array(document.text.utf8)
        var start = 0
        while start < utf8.count {
            let end = min(start + Self.textPieceBytes, utf8.count)
            write(.text(Array(utf8[start..<end])))
            start = end
        }
        var batch: [UInt8] = []
        func add(_ frame: ExtractionFrame) {
            batch += frame.encoded()
            if batch.count >= Self.textPieceBytes {
                write(bytes: batch)
                batch.removeAll(keepingCapacity: true)
            }
        }
        for block in document.blocks { add(.block(block)) }
        for page in document.pages { add(.page(page)) }
        for warning in document.warnings.prefix(ExtractionProtocolLimits.warnings) { add(.warning(warning)) }
        add(
            .summary(
                ExtractionSummary(
                    format: document.format, state: document.state, title: document.title,
                    pageCount: document.pageCount, rowCount: document.rowCount, columns: document.columns,
                    raggedRowCount: document.raggedRowCount, firstRaggedRows: document.firstRaggedRows)))
        add(.done(textBytes: utf8.count, blocks: document.blocks.count, peakMemoryBytes: peakMemoryBytes()))
        write(bytes: batch)
    }

    private func write(bytes: [UInt8]) {
        var offset = 0
        while offset < bytes.count {
            let written = bytes.withUnsafeBytes { buffer -> Int in
                // SAFETY: `offset < bytes.count`, so the slice lies inside the buffer, which the closure keeps alive.
                Glibc.write(descriptor, buffer.baseAddress.map { $0 + offset }, buffer.count - offset)
            }
            if written < 0 {
                if errno == EINTR { continue }
                // Nobody listens any more: nothing that this process could still do has a use.
                exit(1)
            }
            offset += written
        }
    }
}

/// The largest resident size of this program so far. (`getrusage` would also count the server that started it.)
private func peakMemoryBytes() -> Int {
    guard let file = fopen("/proc/self/status", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 256)
    while fgets(&line, Int32(line.count), file) != nil {
        let text = String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if text.hasPrefix("VmHWM:") { return (Int(text.filter(\.isWholeNumber)) ?? 0) << 10 }
    }
    return 0
}
