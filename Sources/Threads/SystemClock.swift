import Foundation

/// Clocks of the system in nanoseconds, each from a start of its own.
public enum SystemClock: Sendable {
    /// Time that passes, whatever the process does.
    case wall
    /// The processor time of all threads of the process, and of the calling thread.
    case processCPU
    case threadCPU

    /// Some 25 ns a call for the wall, some 200 ns for the others.
    public func nanoseconds() -> Int {
        var time = timespec()
        clock_gettime(identifier, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    private var identifier: clockid_t {
        switch self {
        case .wall: CLOCK_MONOTONIC
        case .processCPU: CLOCK_PROCESS_CPUTIME_ID
        case .threadCPU: CLOCK_THREAD_CPUTIME_ID
        }
    }
}
