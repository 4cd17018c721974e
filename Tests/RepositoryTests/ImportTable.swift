/// Who may import whom: the table of the architecture in the one place where it is enforced.
///
/// Arrows point down and never turn round. A module that needs something above it declares a closure or a small protocol
/// and is handed one.
struct ModuleRule: Sendable {
    /// Modules that every file of the module may import.
    let imports: Set<String>
    /// Modules that only files below the given paths (from Sources/) may import.
    let fenced: [String: [String]]

    init(_ imports: Set<String>, fenced: [String: [String]] = [:]) {
        self.imports = imports
        self.fenced = fenced
    }
}

enum ImportTable {
    /// Of the standard library and the C library: no Foundation, no packages.
    private static let bare: Set<String> = ["Glibc", "Musl", "Darwin", "Synchronization"]
    private static let system: Set<String> = bare.union(["Foundation", "FoundationEssentials", "Dispatch"])

    static let rules: [String: ModuleRule] = [
        "Kernels": ModuleRule(bare.union(["CKernels", "COpenBLAS"])),
        "VectorIndex": ModuleRule(bare.union(["Kernels"])),
        "Embedding": ModuleRule(system.union(["Kernels"])),
        "Ingest": ModuleRule(system.union(["CPoppler", "CLibZip", "CLibXML2"])),
        "Threads": ModuleRule(system),
        "Store": ModuleRule(system, fenced: ["GRDB": ["Store/SQLite/"], "CLibPQ": ["Store/PostgreSQL/"]]),
        "VectorStore": ModuleRule(system.union(["Store", "VectorIndex", "Threads"])),
        "CRM": ModuleRule(system.union(["Store", "Threads", "CArgon2", "COpenSSL"])),
        "Assist": ModuleRule(
            system.union(["VectorStore", "Store", "Embedding", "Ingest", "Threads", "Logging"]),
            fenced: ["CCurl": ["Assist/Generation/"]]),
        "API": ModuleRule(
            system.union([
                "Assist", "CRM", "VectorStore", "Store", "Embedding", "Ingest", "Threads", "COpenSSL", "Hummingbird",
                "HummingbirdCore", "NIOCore", "NIOHTTP1", "HTTPTypes", "Logging", "ServiceLifecycle", "UnixSignals",
            ])),
        "App": ModuleRule(
            system.union([
                "API", "Assist", "VectorIndex", "VectorStore", "Store", "Embedding", "Ingest", "Threads",
                "ArgumentParser",
            ])),
    ]

    /// Folders of Sources/ without Swift code: C, and the module maps of system libraries.
    static let foldersWithoutSwift: Set<String> = ["CKernels", "System"]

    /// The modules that one line of code imports: none or one.
    static func importedModule(_ line: Substring) -> String? {
        let pattern =
            #/^\s*(?:@\w+(?:\([^)]*\))?\s+)*(?:(?:public|package|internal|fileprivate|private)\s+)?import\s+(?:(?:struct|class|enum|protocol|func|var|let|typealias)\s+)?(\w+)/#
        return line.firstMatch(of: pattern).map { String($0.1) }
    }

    static func violations(in file: TextFile) -> [Violation] {
        let parts = file.path.split(separator: "/")
        guard parts.count > 2, parts[0] == "Sources" else { return [] }
        let module = String(parts[1])
        guard let rule = rules[module] else {
            let message = "the folder Sources/\(module) is not in the import table of ImportTable.swift"
            return [Violation(path: file.path, line: 1, message: message)]
        }
        let place = parts.dropFirst().joined(separator: "/")
        let code = TextFile(path: file.path, text: SwiftCode.strippingCommentsAndStrings(file.text))
        return code.lines.compactMap { number, line in
            guard let imported = importedModule(line), imported != "Swift", imported != module else { return nil }
            if rule.imports.contains(imported) { return nil }
            if let places = rule.fenced[imported] {
                if places.contains(where: place.hasPrefix) { return nil }
                let message = "\(imported) may be imported below Sources/\(places.joined(separator: ", ")) alone"
                return Violation(path: file.path, line: number, message: message)
            }
            return Violation(path: file.path, line: number, message: "\(module) must not import \(imported)")
        }
    }
}
