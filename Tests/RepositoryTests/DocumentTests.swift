import Foundation
import Testing

/// The documents name files of the repository in back quotes and links; each of them must exist.
enum DocumentedPaths {
    static let documents = ["README.md", "ARCHITECTURE.md", "Benchmarks/RESULTS.md"]
    private static let folders = ["Sources/", "scripts/", "Tests/", "Examples/", "Benchmarks/", ".ci/"]

    static func violations(in document: TextFile, exists: (String) -> Bool) -> [Violation] {
        document.lines.flatMap { number, line -> [Violation] in
            let quoted = line.matches(of: #/`([^`]+)`/#).map { String($0.1) }.filter { text in
                folders.contains(where: text.hasPrefix)
            }
            let folder = (document.path as NSString).deletingLastPathComponent
            let linked = line.matches(of: #/\]\(([^)#\s]+)/#).map { String($0.1) }.filter { !$0.contains("://") }
                .map { folder.isEmpty ? $0 : (folder as NSString).appendingPathComponent($0) }
            return (quoted + linked).compactMap { name in
                let path = trimmed(name)
                if exists(path) { return nil }
                return Violation(path: document.path, line: number, message: "names \(path), which does not exist")
            }
        }
    }

    /// The path alone: no arguments of a command, no line number, and of a pattern the part before its first star.
    private static func trimmed(_ name: String) -> String {
        var path = String(name.prefix { !$0.isWhitespace && $0 != "*" && $0 != "<" && $0 != "{" })
        if path.count < name.count, name.dropFirst(path.count).first?.isWhitespace != true {
            path = String(path.prefix(through: path.lastIndex(of: "/") ?? path.startIndex))
        }
        if let colon = path.lastIndex(of: ":"), path[colon...].dropFirst().allSatisfy(\.isNumber) {
            path = String(path[..<colon])
        }
        while let last = path.last, ".,;:".contains(last) { path.removeLast() }
        return path
    }
}

@Suite("Documents")
struct DocumentTests {
    @Test(arguments: DocumentedPaths.documents)
    func everyNamedFileExists(path: String) {
        guard let document = Repository.file(path) else {
            Issue.record("\(path) is missing")
            return
        }
        let found = DocumentedPaths.violations(in: document, exists: Repository.exists)
        #expect(found.isEmpty, "\(report(found))")
    }

    @Test(arguments: [
        "see `Sources/Kernels/Gone.swift`.",
        "run `scripts/gone --smoke`",
        "the [map](Gone.md) of it",
        "`Tests/Gone/*.swift` are",
        "a `Sources/Kernels/Gone.swift:12` line",
        "`Sources/Kernels/Here.swift` and `Examples/Gone`",
    ])
    func plantedNameIsFound(line: String) {
        let present: Set<String> = ["Sources/Kernels/Here.swift", "Sources/Kernels/", "scripts/test", "Tests/"]
        let found = DocumentedPaths.violations(in: TextFile(path: "README.md", text: line), exists: present.contains)
        #expect(found.count == 1, "\(line): \(found)")
    }

    @Test(arguments: [
        "`Sources/Kernels/Here.swift`, `Sources/Kernels/Here.swift:12`",
        "run `scripts/test --smoke`.",
        "`Tests/*.swift` and [the site](https://example.com) and `recall@10`",
        "the [map](ARCHITECTURE.md#words)",
    ])
    func presentNamePasses(line: String) {
        let present: Set<String> = ["Sources/Kernels/Here.swift", "scripts/test", "Tests/", "ARCHITECTURE.md"]
        let found = DocumentedPaths.violations(in: TextFile(path: "README.md", text: line), exists: present.contains)
        #expect(found == [])
    }

    @Test func linkIsTakenFromTheFolderOfItsDocument() {
        let document = TextFile(path: "Benchmarks/RESULTS.md", text: "[peers](peers/README.md)")
        #expect(DocumentedPaths.violations(in: document) { $0 == "Benchmarks/peers/README.md" } == [])
    }
}
