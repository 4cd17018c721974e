import ArgumentParser

/// One thing to measure beside the build.
enum BenchmarkPart: String, CaseIterable {
    case curve, cost, batch, exact, filter, open, replace, insert

    static let names = allCases.map(\.rawValue).joined(separator: ",")

    /// Reads a list such as `curve,open`.
    static func parse(_ text: String) throws -> [BenchmarkPart] {
        try text.split(separator: ",", omittingEmptySubsequences: false).map { name in
            guard let part = BenchmarkPart(rawValue: String(name)) else {
                throw ValidationError("--parts knows no “\(name)”; it takes a list of \(names).")
            }
            return part
        }
    }
}
