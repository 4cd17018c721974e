import Foundation

/// What a process holds in memory, in bytes.
struct ProcessMemory: Encodable, Equatable {
    /// Memory of its own: buffers and stacks.
    var anonymousBytes: Int
    /// Pages of mapped files that are in memory, the program's own among them.
    var fileBackedBytes: Int

    var residentBytes: Int { anonymousBytes + fileBackedBytes }

    /// Of this process now.
    static func current() -> ProcessMemory? {
        (try? String(contentsOfFile: "/proc/self/smaps_rollup", encoding: .utf8)).flatMap { ProcessMemory(rollup: $0) }
    }

    init(anonymousBytes: Int, fileBackedBytes: Int) {
        (self.anonymousBytes, self.fileBackedBytes) = (anonymousBytes, fileBackedBytes)
    }

    /// - Parameter rollup: text of `/proc/PID/smaps_rollup`; nil if it names no sizes.
    init?(rollup: String) {
        guard let resident = Self.bytes("Rss", in: rollup), let anonymous = Self.bytes("Anonymous", in: rollup),
            anonymous <= resident
        else { return nil }
        self.init(anonymousBytes: anonymous, fileBackedBytes: resident - anonymous)
    }

    /// The most that this process has held so far.
    static func peakBytes() -> Int? {
        (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)).flatMap { bytes("VmHWM", in: $0) }
    }

    /// The value of a line `name: N kB`; nil if there is none.
    static func bytes(_ name: String, in text: String) -> Int? {
        for line in text.split(separator: "\n") where line.hasPrefix(name + ":") {
            let words = line.split(whereSeparator: \.isWhitespace)
            guard words.count > 1, let kibibytes = Int(words[1]) else { return nil }
            let (bytes, overflows) = kibibytes.multipliedReportingOverflow(by: 1_024)
            return overflows ? nil : bytes
        }
        return nil
    }

    static func - (a: ProcessMemory, b: ProcessMemory) -> ProcessMemory {
        ProcessMemory(
            anonymousBytes: a.anonymousBytes - b.anonymousBytes, fileBackedBytes: a.fileBackedBytes - b.fileBackedBytes)
    }
}
