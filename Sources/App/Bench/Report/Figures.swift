import Foundation

/// Numbers as the tables show them.
enum Figures {
    /// `19,482`.
    static func count(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "–" }
        let digits = String(Int(abs(value).rounded()))
        var grouped = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { grouped.append(",") }
            grouped.append(digit)
        }
        return value.rounded() < 0 ? "-" + grouped : grouped
    }

    static func count(_ value: Int) -> String { count(Double(value)) }

    static func recall(_ value: Double) -> String { String(format: "%.4f", value) }

    static func ratio(_ value: Double) -> String { String(format: "%.2f", value) }

    static func percent(_ share: Double) -> String { String(format: "%g %%", share * 100) }

    /// Three significant places or more, from microseconds to seconds.
    static func seconds(_ value: Double) -> String {
        switch abs(value) {
        case ..<1e-3: String(format: "%.1f µs", value * 1e6)
        case ..<1: String(format: "%.1f ms", value * 1e3)
        default: String(format: "%.2f s", value)
        }
    }

    static func microseconds(_ value: Double) -> String { String(format: "%.1f", value) }

    static func megabytes(_ bytes: Int) -> String { String(format: "%.1f MB", Double(bytes) / 1e6) }
}
