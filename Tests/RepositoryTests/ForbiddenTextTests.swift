import Testing

/// Text that only means something on one machine: absolute paths of a work place, hosts of package registries.
///
/// The patterns are put together from pieces, so that this file does not hold what it forbids.
enum ForbiddenText {
    private static let folders = ["work", "root", "farm", "home", "tmp", "Users"].joined(separator: "|")
    private static let hosts = [
        "pypi" + #"\.org"#, "python" + "hosted", "deb" + #"\.debian"#, "npm" + "js", "crates" + #"\.io"#,
    ]
    .joined(separator: "|")

    static func violations(in file: TextFile) -> [Violation] {
        guard let paths = try? Regex("(?:^|[^\\w.~*$}-])/(?:\(folders))/"),
            let registries = try? Regex("\\b(?:\(hosts))")
        else { return [Violation(path: file.path, line: 0, message: "the patterns of this rule are broken")] }
        return file.lines.compactMap { number, line in
            if line.contains(paths) {
                return Violation(path: file.path, line: number, message: "a path of one machine")
            }
            if line.contains(registries.wordBoundaryKind(.simple)) {
                return Violation(path: file.path, line: number, message: "the host of a package registry")
            }
            return nil
        }
    }
}

@Suite("Text of one machine")
struct ForbiddenTextTests {
    @Test func repositoryHasNone() {
        let folders = ["Sources", "Tests", "Benchmarks", "Examples", "scripts", ".ci"]
        let top = [
            "Package.swift", "README.md", "ARCHITECTURE.md", "Dockerfile", "docker-compose.yml", ".dockerignore",
        ]
        let files = folders.flatMap { Repository.files(under: $0) } + top.compactMap(Repository.file)
        let found = files.flatMap(ForbiddenText.violations)
        #expect(found.isEmpty, "\(report(found))")
    }

    @Test(arguments: [
        "let folder = \"/" + "work/main\"",
        "cd /" + "root/project",
        "/" + "tmp/x.log",
        "see /" + "home/someone/file",
        "https://" + "pypi" + ".org/simple",
        "mirror of files.python" + "hosted",
    ])
    func plantedTextIsFound(line: String) {
        let found = ForbiddenText.violations(in: TextFile(path: "README.md", text: "first\n\(line)"))
        #expect(found.map(\.line) == [2], "\(line)")
    }

    @Test(arguments: [
        "Sources/work/file.swift", "https://example.com/home/page", "frame" + "work/part", "$HOME/.cache",
        "the root / top",
    ])
    func harmlessTextPasses(line: String) {
        #expect(ForbiddenText.violations(in: TextFile(path: "README.md", text: line)) == [])
    }
}
