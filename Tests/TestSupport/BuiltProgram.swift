import Foundation

/// What the build made beside the tests, and what the repository holds.
public enum BuiltProgram {
    /// The program `propertypro`: it stands beside the test bundle, which is mapped into this process.
    public static let path: String? = {
        let maps = (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8)) ?? ""
        for line in maps.split(separator: "\n") {
            guard line.hasSuffix(".xctest"), let slash = line.firstIndex(of: "/") else { continue }
            let folder = URL(filePath: String(line[slash...])).deletingLastPathComponent()
            let path = folder.appending(path: "propertypro").path
            if FileManager.default.isExecutableFile(atPath: path) { return path }
        }
        return nil
    }()

    /// The root of the repository.
    public static let repository = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

    /// A file of `Examples/`.
    public static func example(_ name: String) -> String { "\(repository)/Examples/\(name)" }

    /// Where the embedding model lies: `PROPERTYPRO_MODEL`, or where `scripts/fetch-models` puts it.
    public static var modelFolder: String {
        let environment = ProcessInfo.processInfo.environment
        if let folder = environment["PROPERTYPRO_MODEL"], !folder.isEmpty { return folder }
        let cache = environment["PROPERTYPRO_CACHE"] ?? (environment["HOME"] ?? "") + "/.cache/propertypro"
        return cache + "/models/all-MiniLM-L6-v2"
    }
}
