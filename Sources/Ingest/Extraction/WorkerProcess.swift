import Glibc

/// One child process with its standard output at hand. Reaped exactly once: by `reap`, or when the value goes away.
struct WorkerProcess: ~Copyable {
    enum Status: Equatable {
        case exited(Int32)
        case signalled(Int32)
        /// It was still running and was killed by us.
        case killed
    }

    private let processID: pid_t
    private let output: FileDescriptor
    private var isReaped = false

    /// Starts `executable` with `input` as standard input, a pipe as standard output, standard error discarded, every
    /// other descriptor closed, all signals at their defaults, in a process group of its own.
    init(
        executable: String, arguments: [String], environment: [String], input: Int32
    ) throws(IngestError) {
        var ends: [Int32] = [-1, -1]
        guard makePipe(&ends, O_CLOEXEC) == 0 else { throw .workerCrashed(reason: "no pipe: \(errorText(errno))") }
        let readEnd = FileDescriptor(owning: ends[0])
        let writeEnd = FileDescriptor(owning: ends[1])
        // Above 2, so that the child's dup2 of one descriptor never overwrites the other one.
        let source = FileDescriptor(owning: fcntl(input, F_DUPFD_CLOEXEC, 3))
        let sink = FileDescriptor(owning: fcntl(writeEnd.raw, F_DUPFD_CLOEXEC, 3))
        guard source.raw >= 0, sink.raw >= 0 else {
            throw .workerCrashed(reason: "no descriptor left: \(errorText(errno))")
        }
        var child: pid_t = 0
        let failure = Self.spawn(
            &child, executable: executable, arguments: [executable] + arguments, environment: environment,
            source: source.raw, sink: sink.raw)
        guard failure == 0 else {
            throw .workerCrashed(reason: "\(executable) does not start: \(errorText(failure))")
        }
        processID = child
        output = readEnd
    }

    deinit {
        if !isReaped { _ = Self.reap(processID, patienceSeconds: 0) }
    }

    private static func spawn(
        _ child: inout pid_t, executable: String, arguments: [String], environment: [String], source: Int32,
        sink: Int32
    ) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, source, 0)
        posix_spawn_file_actions_adddup2(&actions, sink, 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        addCloseFrom(&actions, 3)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP))

        // SAFETY: the strings are owned here until posix_spawn has returned, by when the child has its own copy.
        let argumentPointers = arguments.map { strdup($0) }
        let environmentPointers = environment.map { strdup($0) }
        defer { for pointer in argumentPointers + environmentPointers { free(pointer) } }
        return posix_spawn(
            &child, executable, &actions, &attributes, argumentPointers + [nil], environmentPointers + [nil])
    }

    /// Reads what is there, waiting for it no longer than the given time.
    ///
    /// - Returns: the number of bytes, 0 when the child has closed its output, nil when nothing came in time.
    func readOutput(into buffer: inout [UInt8], waitMilliseconds: Int32) -> Int? {
        var request = pollfd(fd: output.raw, events: Int16(POLLIN), revents: 0)
        guard poll(&request, 1, waitMilliseconds) > 0 else { return nil }
        let count = buffer.withUnsafeMutableBytes { read(output.raw, $0.baseAddress, $0.count) }
        if count < 0 { return errno == EINTR || errno == EAGAIN ? nil : 0 }
        return count
    }

    /// Waits for the end of the child, kills it when it takes longer than `patienceSeconds`. Blocks.
    consuming func reap(patienceSeconds: Double) -> (status: Status, cpuSeconds: Double) {
        isReaped = true
        return Self.reap(processID, patienceSeconds: patienceSeconds)
    }

    private static func reap(
        _ processID: pid_t, patienceSeconds: Double
    ) -> (status: Status, cpuSeconds: Double) {
        let deadline = monotonicSeconds() + patienceSeconds
        var wasKilled = false
        var status: Int32 = 0
        var usage = rusage()
        while true {
            let result = wait4(processID, &status, wasKilled ? 0 : WNOHANG, &usage)
            if result == processID { break }
            if result < 0 {
                if errno == EINTR { continue }
                // No such child: something else in this program collects children. Nothing more can be known.
                return (.killed, 0)
            }
            if monotonicSeconds() >= deadline {
                kill(processID, SIGKILL)
                wasKilled = true
            } else {
                usleep(1_000)
            }
        }
        let cost = usage.ru_utime.seconds + usage.ru_stime.seconds
        if wasKilled { return (.killed, cost) }
        // The layout of a wait status is part of Linux' interface: low 7 bits signal, next byte exit code.
        let signal = status & 0x7F
        return (signal == 0 ? .exited((status >> 8) & 0xFF) : .signalled(signal), cost)
    }
}

// Both are in glibc (2.9, 2.34) but hidden from Swift's module of it, which is built without GNU extensions.
@_silgen_name("pipe2")
private func makePipe(_ ends: UnsafeMutablePointer<Int32>, _ flags: Int32) -> Int32

@_silgen_name("posix_spawn_file_actions_addclosefrom_np")
@discardableResult
private func addCloseFrom(_ actions: UnsafeMutablePointer<posix_spawn_file_actions_t>, _ first: Int32) -> Int32

extension timeval {
    fileprivate var seconds: Double { Double(tv_sec) + Double(tv_usec) / 1e6 }
}

/// Seconds of a clock that is never set back.
func monotonicSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}
