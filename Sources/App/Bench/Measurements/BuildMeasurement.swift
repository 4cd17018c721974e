import VectorIndex

/// What building an index cost, and what it holds.
struct BuildResult: ReportSection {
    struct Section: Encodable {
        let section: String
        let bytes: Int
        let bytesPerVector: Double
    }

    let time: WorkTime
    let threads: Int
    let vectorsPerSecond: Double
    let oneByOne: Bool
    let sections: [Section]
    let memory: MemoryResult

    var table: ReportTable {
        let total = sections.reduce(0) { $0 + $1.bytes }
        let totalPerVector = sections.reduce(0) { $0 + $1.bytesPerVector }
        return ReportTable(
            title: "Build\(oneByOne ? " by single inserts" : ""): \(Figures.seconds(time.wallSeconds)) on "
                + "\(threads) thread\(threads == 1 ? "" : "s"), \(Figures.seconds(time.cpuSeconds)) of CPU, "
                + "\(Figures.count(vectorsPerSecond)) vectors/s",
            rows: [["memory", "MB", "bytes/vector"]]
                + sections.map { [$0.section, Figures.megabytes($0.bytes), Figures.ratio($0.bytesPerVector)] }
                + [["all sections", Figures.megabytes(total), Figures.ratio(totalPerVector)]],
            notes: memory.notes)
    }
}

/// Memory of the process without the index and with it; nil where the system does not tell.
struct MemoryResult: Encodable {
    let before: ProcessMemory?
    let after: ProcessMemory?

    var notes: [String] {
        guard let before, let after else { return [] }
        let growth = after - before
        return [
            "resident \(Figures.megabytes(after.residentBytes)), of it \(Figures.megabytes(growth.residentBytes)) "
                + "through the index: \(Figures.megabytes(growth.anonymousBytes)) anonymous, "
                + "\(Figures.megabytes(growth.fileBackedBytes)) file-backed"
        ]
    }
}

/// Builds the index of all vectors, which are read before the clock starts and let go after it stops.
struct BuildMeasurement {
    let data: BenchmarkData
    let builder: IndexBuilder

    /// - Throws: `MatrixFileError`, `VectorIndexError`.
    func run() throws -> (index: HNSWIndex, result: BuildResult) {
        let before = ProcessMemory.current()
        let (index, time) = try build()
        let after = ProcessMemory.current()
        let count = Double(max(1, index.count))
        let result = BuildResult(
            time: time, threads: builder.buildThreads,
            vectorsPerSecond: Statistics.rate(Double(data.baseCount), time.wallSeconds),
            oneByOne: builder.insertsOneByOne,
            sections: index.memoryUse.map {
                BuildResult.Section(section: $0.section, bytes: $0.bytes, bytesPerVector: Double($0.bytes) / count)
            },
            memory: MemoryResult(before: before, after: after))
        return (index, result)
    }

    /// A function of its own: the base vectors end with it.
    private func build() throws -> (HNSWIndex, WorkTime) {
        let base = try data.readBase()
        let keys = (0..<base.count).map(UInt64.init)
        let clock = WorkClock(.process)
        let index = try builder.build(base, keys: keys, label: "Building")
        return (index, clock.elapsed())
    }
}
