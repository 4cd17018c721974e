import TestSupport
import Testing

@testable import API

@Suite struct MultipartParserTests {
    struct Part: Equatable {
        var name: String
        var filename: String?
        var content: [UInt8]
    }

    /// Feeds `body` in pieces that `cut` sizes, and puts the events together again.
    private func parse(
        _ body: [UInt8], boundary: String = "XyZ", limits: MultipartLimits = MultipartLimits(fileBytes: 1 << 20),
        cut: (Int) -> Int = { $0 }
    ) throws -> [Part] {
        var parser = try MultipartParser(boundary: boundary, limits: limits)
        var parts: [Part] = []
        var isOpen = false
        var rest = body[...]
        while !rest.isEmpty {
            let piece = rest.prefix(max(1, min(rest.count, cut(rest.count))))
            rest = rest.dropFirst(piece.count)
            for event in try parser.consume(piece) {
                switch event {
                case .began(let part):
                    #expect(!isOpen)
                    isOpen = true
                    parts.append(Part(name: part.name, filename: part.filename, content: []))
                case .content(let bytes):
                    #expect(isOpen && !bytes.isEmpty)
                    parts[parts.count - 1].content += bytes
                case .ended:
                    #expect(isOpen)
                    isOpen = false
                }
            }
        }
        try parser.finish()
        #expect(!isOpen)
        return parts
    }

    private func parse(_ text: String, limits: MultipartLimits = MultipartLimits(fileBytes: 1 << 20)) throws -> [Part] {
        try parse(Array(text.utf8), limits: limits)
    }

    private func body(header: String = "Content-Disposition: form-data; name=\"a\"", _ content: String = "1") -> String
    {
        "--XyZ\r\n\(header)\r\n\r\n\(content)\r\n--XyZ--\r\n"
    }

    @Test func readsFieldsAndFiles() throws {
        let text =
            "preamble\r\n--XyZ \t\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nMarina\r\n--XyZ\r\n"
            + "content-disposition:form-data;name=file; filename=\"guide.pdf\"\r\nContent-Type: application/pdf\r\n\r\n"
            + "\r\n--XyY\r\r\n-\r\n--XyZ\r\nContent-Disposition: form-data; name=\"e\"\r\n\r\n\r\n--XyZ--\r\nepilogue"
        let expected = [
            Part(name: "title", filename: nil, content: Array("Marina".utf8)),
            Part(name: "file", filename: "guide.pdf", content: Array("\r\n--XyY\r\r\n-".utf8)),
            Part(name: "e", filename: nil, content: []),
        ]
        #expect(try parse(text) == expected)
        #expect(try parse(Array(text.utf8), cut: { _ in 1 }) == expected)
    }

    /// Random forms, full of things that look like delimiters, cut at random places.
    @Test func cutsDoNotMatter() throws {
        let seed: UInt64 = 41
        var random = SeededGenerator(seed: seed)
        let near = ["\r", "\n", "\r\n", "-", "--", "\r\n--", "\r\n--X", "\r\n--Xy", "\r\n--XyA", "a", "\u{0}"]
        let pool = near.map { Array($0.utf8) }
        for round in 0..<300 {
            var expected: [Part] = []
            var bytes: [UInt8] = []
            for number in 0..<Int.random(in: 1...4, using: &random) {
                var content: [UInt8] = []
                for _ in 0..<Int.random(in: 0...40, using: &random) {
                    content += pool[Int.random(in: pool.indices, using: &random)]
                }
                let filename = Bool.random(using: &random) ? "f\(number)" : nil
                expected.append(Part(name: "n\(number)", filename: filename, content: content))
                let disposition = "form-data; name=\"n\(number)\"" + (filename.map { "; filename=\"\($0)\"" } ?? "")
                bytes += Array("--XyZ\r\nContent-Disposition: \(disposition)\r\n\r\n".utf8) + content + [13, 10]
            }
            bytes += Array("--XyZ--\r\n".utf8)
            let largest = Int.random(in: 1...60, using: &random)
            let found = try parse(bytes) { _ in Int.random(in: 1...largest, using: &random) }
            #expect(found == expected, "seed \(seed), round \(round)")
        }
    }

    /// Every prefix of a form is an error, whatever byte it ends with.
    @Test func everyTruncationIsNoticed() {
        let bytes = Array(body("content\r\n--Xy").utf8)
        let closing = bytes.count - 2
        for count in 0..<closing {
            #expect(throws: MultipartError.truncated, "cut to \(count)") { try parse(Array(bytes[..<count])) }
        }
    }

    /// Damaged forms give a typed error or other parts, never a crash and never more bytes than came in.
    @Test func survivesDamage() {
        let seed: UInt64 = 42
        var random = SeededGenerator(seed: seed)
        let good = Array(body(header: "Content-Disposition: form-data; name=\"a\"; filename=\"b\"", "content").utf8)
        var refused = 0
        for round in 0..<2_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let index = Int.random(in: bytes.indices, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.insert([13, 10, 45, 0, 255, 34].randomElement(using: &random) ?? 0, at: index)
                }
            }
            do {
                let parts = try parse(bytes) { _ in Int.random(in: 1...9, using: &random) }
                #expect(parts.reduce(0) { $0 + $1.content.count } <= bytes.count, "seed \(seed), round \(round)")
            } catch is MultipartError {
                refused += 1
            } catch {
                Issue.record("seed \(seed), round \(round): \(error)")
            }
        }
        #expect(refused > 500)
    }

    @Test(arguments: [
        ("--XyZx\r\n", MultipartError.malformedDelimiter),
        ("--XyZ-x", .malformedDelimiter),
        ("--XyZ\r\n\r\n", .missingName),
        ("--XyZ\r\nX-Other: 1\r\n\r\n", .missingName),
        ("--XyZ\r\nContent-Disposition: attachment; name=a\r\n\r\n", .missingName),
        ("--XyZ\r\nContent-Disposition: form-data\r\n\r\n", .missingName),
        ("--XyZ\r\nContent-Disposition: form-data; name=\"\"\r\n\r\n", .missingName),
        ("--XyZ\r\nContent-Disposition: form-data; name=\"a\r\n\r\n", .malformedHeader),
        ("--XyZ\r\nno colon\r\n\r\n", .malformedHeader),
        ("--XyZ\r\nContent-Disposition : form-data; name=a\r\n\r\n", .malformedHeader),
        ("--XyZ\r\nContent-Disposition: form-data; name=a\r\n folded\r\n\r\n", .malformedHeader),
        (
            "--XyZ\r\nContent-Disposition: form-data; name=a\r\nContent-Disposition: form-data; name=b\r\n\r\n",
            .malformedHeader
        ),
        ("--XyZ\r\nContent-Disposition: form-data; name=\"a\u{0}\"\r\n\r\n", .malformedHeader),
        ("--XyZ\r\nContent-Disposition: form-data; name=a; filename*=latin1''%e9\r\n\r\n", .malformedHeader),
        ("--XyZ\r\nContent-Disposition: form-data; name=a; filename*=UTF-8''%ff\r\n\r\n", .malformedHeader),
    ])
    func hostileFormsGetTheirError(text: String, expected: MultipartError) {
        #expect(throws: expected) { try parse(text) }
    }

    @Test func ceilingsHold() {
        var limits = MultipartLimits(fileBytes: 10)
        limits.fieldBytes = 5
        limits.parts = 2
        limits.headerFields = 2
        limits.headerBytes = 200
        limits.paddingBytes = 20
        let file = "Content-Disposition: form-data; name=a; filename=b"
        #expect(throws: Never.self) { try parse(body(header: file, "1234567890"), limits: limits) }
        #expect(throws: MultipartError.fileTooLarge(limitBytes: 10)) {
            try parse(body(header: file, "12345678901"), limits: limits)
        }
        #expect(throws: MultipartError.fieldTooLarge(name: "a", limitBytes: 5)) {
            try parse(body("123456"), limits: limits)
        }
        let part = "--XyZ\r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n"
        #expect(throws: MultipartError.tooManyParts(limit: 2)) { try parse(part + part + part, limits: limits) }
        #expect(throws: MultipartError.tooManyHeaders(limit: 2)) {
            try parse(body(header: "a: 1\r\nb: 2\r\nc: 3"), limits: limits)
        }
        let long = "X: " + String(repeating: "x", count: 300)
        #expect(throws: MultipartError.headersTooLarge(limitBytes: 200)) {
            try parse(body(header: long), limits: limits)
        }
        let padding = String(repeating: "x", count: 21)
        #expect(throws: MultipartError.tooMuchPadding(limitBytes: 20)) { try parse(padding, limits: limits) }
        #expect(throws: MultipartError.tooMuchPadding(limitBytes: 20)) { try parse(body() + padding, limits: limits) }
        #expect(throws: MultipartError.tooMuchPadding(limitBytes: 20)) {
            try parse("--XyZ" + String(repeating: " ", count: 30), limits: limits)
        }
    }

    @Test func boundariesAreChecked() throws {
        #expect(try MultipartParser.boundary(ofContentType: "multipart/form-data; boundary=\"a b\"") == "a b")
        for field in [nil, "", "text/plain", "multipart/mixed; boundary=a"] {
            #expect(throws: MultipartError.notMultipart) { try MultipartParser.boundary(ofContentType: field) }
        }
        #expect(throws: MultipartError.badBoundary) {
            try MultipartParser.boundary(ofContentType: "multipart/form-data")
        }
        for boundary in ["", "a\r\n", "é", "a ", String(repeating: "a", count: 71), "a\"b"] {
            #expect(throws: MultipartError.badBoundary) {
                try MultipartParser(boundary: boundary, limits: MultipartLimits(fileBytes: 1))
            }
        }
    }

    @Test(arguments: [
        ("filename=\"../../etc/passwd\"", "passwd"),
        ("filename=\"C:\\\\Users\\\\x\\\\guide.pdf\"", "guide.pdf"),
        ("filename=\"C:\\Users\\guide.pdf\"", "guide.pdf"),
        ("filename=\"..\"", ""),
        ("filename=\"\"", ""),
        ("filename=\"a/b/\"", ""),
        ("filename=\"a%22b.pdf\"", "a\"b.pdf"),
        ("filename=\"x\"; filename*=UTF-8''%e2%82%ac%20rates.csv", "€ rates.csv"),
        ("filename*=utf-8'en'a%2Fb%00c.pdf", "bc.pdf"),
        ("filename=\"دليل المرسى.pdf\"", "دليل المرسى.pdf"),
        ("filename=\"evil\u{202E}fdp.exe\"", "evilfdp.exe"),
    ])
    func fileNamesLoseTheirPaths(parameter: String, expected: String) throws {
        let parts = try parse(body(header: "Content-Disposition: form-data; name=f; \(parameter)"))
        #expect(parts.map(\.filename) == [expected])
    }

    /// The end of a name decides about the format: who stores it shortens the middle.
    @Test func longFileNamesStayWhole() {
        let name = String(repeating: "é", count: 2_000) + ".csv"
        #expect(Filename.clean(name) == name)
    }
}
