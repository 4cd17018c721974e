import Foundation

/// One line on standard error that shows how far long work has come. Silent when that is not a terminal.
struct ProgressBar {
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private let start = ContinuousClock.now
    private static let width = 24

    func show(_ label: String, fraction: Double, detail: String) {
        guard isTerminal else { return }
        let filled = Int((min(1, max(0, fraction)) * Double(Self.width)).rounded())
        let bar = String(repeating: "█", count: filled) + String(repeating: "░", count: Self.width - filled)
        let text =
            "\r\u{1B}[K\(bar) \(Self.fit(label, to: 32)) \(detail) \(Output.seconds(ContinuousClock.now - start))"
        FileHandle.standardError.write(Data(text.utf8))
    }

    func clear() {
        guard isTerminal else { return }
        FileHandle.standardError.write(Data("\r\u{1B}[K".utf8))
    }

    private static func fit(_ text: String, to width: Int) -> String {
        text.count > width ? text.prefix(width - 1) + "…" : text.padding(toLength: width, withPad: " ", startingAt: 0)
    }
}
