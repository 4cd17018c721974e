import Testing

/// What must not be left in finished sources: markers of unfinished work, and traps on paths that input can reach.
enum Leftovers {
    static func violations(in file: TextFile) -> [Violation] {
        let code = TextFile(path: file.path, text: SwiftCode.strippingCommentsAndStrings(file.text))
        return markers(in: file) + traps(in: code)
    }

    /// Markers count wherever they stand, comments above all.
    private static func markers(in file: TextFile) -> [Violation] {
        let pattern = #/\b(?:TODO|FIXME|XXX|HACK)\b|not[ ]?implemented|notImplemented/#.wordBoundaryKind(.simple)
        return file.lines.compactMap { number, line in
            guard let match = line.firstMatch(of: pattern) else { return nil }
            return Violation(path: file.path, line: number, message: "unfinished work is marked: \(match.output)")
        }
    }

    private static func traps(in code: TextFile) -> [Violation] {
        let calls = #/\btry!|\bas!|\bfatalError\s*\(/#.wordBoundaryKind(.simple)
        // A postfix "!" right after a value or a type; "!=" and the prefix "!" of a condition are other operators.
        let unwrap = #/[\w)\]}>?"`]!(?!=)/#
        return code.lines.flatMap { number, line -> [Violation] in
            let called = line.matches(of: calls).map { "\($0.output) traps: throw a typed error instead" }
            let forced = line.matches(of: unwrap).compactMap { match -> String? in
                let before = line[..<match.range.upperBound]
                if before.hasSuffix("try!") || before.hasSuffix("as!") { return nil }
                return "a force unwrap: use guard let, or a typed error"
            }
            return (called + forced).map { Violation(path: code.path, line: number, message: $0) }
        }
    }
}

@Suite("Leftovers")
struct LeftoverTests {
    @Test func sourcesHaveNone() {
        let found = Repository.swiftSources().flatMap(Leftovers.violations)
        #expect(found.isEmpty, "\(report(found))")
    }

    @Test(arguments: [
        "// TODO: later",
        "let a = 1  // FIXME",
        "throw Failure(\"not implemented\")",
        "let a = try! read()",
        "let a = b as! Int",
        "fatalError(\"never\")",
        "fatalError (\"never\")",
        "let a = b!",
        "let a = b[0]!.c",
        "let a = f()!",
        "let a = \"x\\(b!)\"",
        "var a: Int!",
        "let a = b! != c",
        "let a = b!; let text = \"quoted \\\" quote\"",
    ])
    func plantedLeftoverIsFound(line: String) {
        let found = Leftovers.violations(in: TextFile(path: "Sources/A/B.swift", text: "let x = 0\n\(line)\n"))
        #expect(found.count == 1, "\(line): \(found)")
        #expect(found.first?.line == 2)
    }

    @Test(arguments: [
        "if a != b, !c { }",
        "if a!=b { }",
        "guard !(a && !b) else { return }",
        "let text = \"wait! try! as! fatalError(\"",
        "let text = #\"a \"quoted! b\"#",
        "/// Never `x!` and never `try!`.",
        "/* outer /* inner! */ still! */ let a = 1",
        "let text = \"\"\"\n  Hello!\n  \\(name) there!\n  \"\"\"",
        "let text = \"\\(a ? \"yes!\" : \"no!\")\"",
        "precondition(!rows.isEmpty)",
    ])
    func harmlessCodePasses(text: String) {
        #expect(Leftovers.violations(in: TextFile(path: "Sources/A/B.swift", text: text)) == [])
    }

    @Test func strippingKeepsEveryLineInPlace() {
        let source = "let a = \"\"\"\n one // two\n \"\"\"\n/* x\n y */ let b = 1 // end\nlet c = \"é\\(d(\"e\"))f\"\n"
        let stripped = SwiftCode.strippingCommentsAndStrings(source)
        #expect(stripped.filter(\.isNewline).count == source.filter(\.isNewline).count)
        #expect(stripped.count == source.count)
        #expect(stripped.contains("let b = 1") && stripped.contains("(d(\" \"))"))
        #expect(!stripped.contains("one") && !stripped.contains("end") && !stripped.contains("y"))
    }
}
