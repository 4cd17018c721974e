import Foundation

/// What the figures of a run depend on.
struct Machine: Encodable {
    let processor: String
    let cores: Int
    /// Runnable threads of the whole machine in the last minute, when the run began.
    let loadAverage: Double

    static func current() -> Machine {
        let facts = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        let model = facts.split(separator: "\n").first { $0.hasPrefix("model name") }
        var load = [0.0]
        getloadavg(&load, 1)
        return Machine(
            processor: model.flatMap { $0.split(separator: ":").last }
                .map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown",
            cores: ProcessInfo.processInfo.activeProcessorCount, loadAverage: load[0])
    }
}
