import Threads

/// Seconds that work took by the wall's clock and of the processors.
struct WorkTime: Encodable, Equatable {
    let wallSeconds: Double
    let cpuSeconds: Double
}

/// Runs from when it is made.
struct WorkClock {
    enum Processors {
        /// All threads of the process.
        case process
        /// The calling thread; read the clock on the same one.
        case thread

        fileprivate var clock: SystemClock { self == .process ? .processCPU : .threadCPU }
    }

    private let processors: Processors
    private let wallStart: Int
    private let cpuStart: Int

    init(_ processors: Processors) {
        self.processors = processors
        cpuStart = processors.clock.nanoseconds()
        wallStart = Self.nanoseconds()
    }

    func elapsed() -> WorkTime {
        let wall = Self.nanoseconds() - wallStart
        let cpu = processors.clock.nanoseconds() - cpuStart
        return WorkTime(wallSeconds: Double(wall) / 1e9, cpuSeconds: Double(cpu) / 1e9)
    }

    /// By the wall's clock, since an arbitrary start.
    static func nanoseconds() -> Int { SystemClock.wall.nanoseconds() }
}
