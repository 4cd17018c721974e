import Foundation
import Testing

@Suite("Who imports whom")
struct ImportTableTests {
    @Test func sourcesObeyTheTable() {
        let sources = Repository.swiftSources()
        #expect(!sources.isEmpty, "no source was found below \(Repository.root.path)/Sources")
        let found = sources.filter { file in
            !ImportTable.foldersWithoutSwift.contains { file.path.hasPrefix("Sources/\($0)/") }
        }.flatMap(ImportTable.violations)
        #expect(found.isEmpty, "\(report(found))")
    }

    @Test func foldersWithoutSwiftHaveNone() {
        let found = ImportTable.foldersWithoutSwift.flatMap {
            Repository.files(under: "Sources/\($0)", extensions: ["swift"]).map(\.path)
        }
        #expect(found.isEmpty)
    }

    /// The arrows as a whole: following imports never leads back to where it began.
    @Test func tableHasNoCycle() {
        func reachable(_ module: String, _ path: [String]) -> [String]? {
            if path.contains(module) { return path + [module] }
            let rule = ImportTable.rules[module]
            for next in (rule?.imports ?? []).union(rule.map { Set($0.fenced.keys) } ?? []).sorted() {
                if let cycle = reachable(next, path + [module]) { return cycle }
            }
            return nil
        }
        for module in ImportTable.rules.keys.sorted() {
            let cycle = reachable(module, [])
            #expect(cycle == nil, "\(cycle?.joined(separator: " -> ") ?? "")")
        }
    }

    @Test(arguments: [
        ("Sources/Kernels/Distances.swift", "import Foundation"),
        ("Sources/VectorIndex/HNSW/HNSWGraph.swift", "import Glibc\nimport Embedding"),
        ("Sources/Store/Jobs/JobQueue.swift", "import GRDB"),
        ("Sources/VectorStore/Collection.swift", "@testable import Assist"),
        ("Sources/Ingest/Document.swift", "  internal import struct Embedding.Encoding"),
        ("Sources/Assist/Answer.swift", "@_exported import Hummingbird"),
        ("Sources/Assist/Answer.swift", "@_spi(Tests) import CRM"),
        ("Sources/API/Controllers/Documents.swift", "import GRDB"),
        ("Sources/Threads/ThreadPool.swift", "private import Store"),
        ("Sources/Unheard/File.swift", "let nothing = 1"),
    ])
    func plantedImportIsFound(path: String, text: String) {
        let found = ImportTable.violations(in: TextFile(path: path, text: text))
        #expect(found.count == 1, "\(path) with \(text)")
    }

    @Test(arguments: [
        ("Sources/Kernels/Distances.swift", "import CKernels\nimport COpenBLAS"),
        ("Sources/Store/SQLite/SQLiteDatabase.swift", "import Foundation\npublic import GRDB"),
        ("Sources/API/Application+build.swift", "import Store\nimport Embedding"),
        ("Sources/App/Serve.swift", "import API\nimport ArgumentParser\nimport Assist"),
        ("Sources/Kernels/Distances.swift", "// import Foundation\n/* import Foundation\nimport API */"),
        ("Sources/Kernels/Distances.swift", "let text = \"\"\"\nimport Foundation\n\"\"\""),
        ("Sources/Kernels/Distances.swift", "importance(1)"),
    ])
    func allowedImportPasses(path: String, text: String) {
        #expect(ImportTable.violations(in: TextFile(path: path, text: text)) == [])
    }
}

/// The first violations, one a line, for the comment of a failed expectation.
func report(_ violations: [Violation], limit: Int = 40) -> String {
    let lines = violations.prefix(limit).map(\.description)
    let rest = violations.count > limit ? ["… and \(violations.count - limit) more"] : []
    return (["\(violations.count) found:"] + lines + rest).joined(separator: "\n")
}
