import Testing

/// Names that break callers: a type with its module's name makes `Module.Other` unreachable from outside, and one with a
/// name of the standard library takes that name from every file that imports it.
enum TypeNames {
    private static let standard: Set<String> = [
        "Array", "Collection", "Dictionary", "Error", "Optional", "Result", "Set", "Span", "String", "Task",
    ]

    static func violations(in file: TextFile, modules: Set<String>) -> [Violation] {
        // Types nested in another are indented and harmless: only declarations at the edge of the file count.
        let declaration =
            #/^(?:@\S+\s+)*public\s+(?:(?:final|indirect|distributed)\s+)*(?:struct|class|enum|actor|protocol|typealias)\s+`?(\w+)/#
        let code = SwiftCode.strippingCommentsAndStrings(file.text)
        return TextFile(path: file.path, text: code).lines.compactMap { number, line in
            guard let match = line.firstMatch(of: declaration) else { return nil }
            let name = String(match.1)
            if modules.contains(name) {
                return Violation(
                    path: file.path, line: number, message: "the public type \(name) carries a module's name")
            }
            if standard.contains(name) {
                return Violation(
                    path: file.path, line: number, message: "the public type \(name) hides the standard one")
            }
            return nil
        }
    }
}

@Suite("Type names")
struct TypeNameTests {
    private static let modules = Set(ImportTable.rules.keys)

    @Test func sourcesHaveNoTrap() {
        let found = Repository.swiftSources().flatMap { TypeNames.violations(in: $0, modules: Self.modules) }
        #expect(found.isEmpty, "\(report(found))")
    }

    @Test(arguments: [
        "public struct VectorIndex {",
        "@frozen public enum Store {}",
        "public final class Ingest: Sendable {",
        "public actor Assist {",
        "public protocol Collection {",
        "public typealias Task = Int",
    ])
    func plantedNameIsFound(line: String) {
        let file = TextFile(path: "Sources/VectorIndex/A.swift", text: line)
        #expect(TypeNames.violations(in: file, modules: Self.modules).count == 1, "\(line)")
    }

    @Test(arguments: [
        "public struct VectorCollection {", "struct Store {}", "    public struct Span {", "// public struct Store {}",
        "public struct StoreError: Error {",
    ])
    func harmlessNamePasses(line: String) {
        let file = TextFile(path: "Sources/VectorIndex/A.swift", text: line)
        #expect(TypeNames.violations(in: file, modules: Self.modules) == [])
    }
}
