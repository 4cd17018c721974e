import Testing

@testable import propertypro

@Suite struct NPYHeaderTests {
    private func header(_ bytes: [UInt8]) throws -> NPYHeader {
        try bytes.withUnsafeBytes { try NPYHeader($0, path: "a.npy") }
    }

    @Test(arguments: [
        "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }",
        "{\"shape\":(3,2),\"fortran_order\":False,\"descr\":\"<f4\"}",
        "  { 'fortran_order' : False , 'shape' : ( 3 , 2 , ) , 'descr' : '<f4' }  \n",
    ])
    func spellingsOfOneHeader(_ text: String) throws {
        let found = try header(MatrixBytes.npy(text))
        #expect(found.rows == 3 && found.columns == 2 && found.element == .float32)
        #expect(found.sizeBytes == 10 + text.utf8.count)
    }

    @Test func otherElementsAndOrdersAreNamed() throws {
        func text(_ descr: String, _ order: String) -> [UInt8] {
            MatrixBytes.npy("{'descr': '\(descr)', 'fortran_order': \(order), 'shape': (1, 1)}")
        }
        for descr in ["<f8", ">f4", "|u1", "f4", "O", "", "\u{1B}[2J"] {
            #expect(
                throws: MatrixFileError.wrongElement(
                    path: "a.npy", expected: "<f4, <i4 or <i8", found: descr.debugDescription)
            ) { try header(text(descr, "False")) }
        }
        #expect(throws: MatrixFileError.fortranOrder(path: "a.npy")) { try header(text("<f4", "True")) }
    }

    @Test(arguments: [
        "", "{", "\u{1B}[2J", "{'descr': '<f4', '\u{7}': 1}",
        "{}", "[]", "{'descr': '<f4'}", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': ()}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2, 3)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1.0, 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999, 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)} + 1",
        "{'descr': '<f4', 'fortran_order': false, 'shape': (1, 2)}",
        "{'descr': '<f4, 'fortran_order': False, 'shape': (1, 2)}",
        "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1, 2)}",
        "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), 'more': 'x'}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2)",
    ])
    func malformedDictionariesAreRefused(_ text: String) throws {
        do {
            let found = try header(MatrixBytes.npy(text))
            Issue.record("accepted as \(found)")
        } catch let error as MatrixFileError {
            #expect(!error.description.utf8.contains { $0 < 0x20 })
            guard case .malformedHeader("a.npy", let offset, _, _) = error else {
                Issue.record("\(error)")
                return
            }
            #expect((10...(10 + text.utf8.count)).contains(offset))
        }
    }

    @Test func wrongBeginningsAreRefused() throws {
        let good = MatrixBytes.npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1)}")
        for count in 0..<good.count {
            #expect(throws: MatrixFileError.self, "\(count) bytes") { try header(Array(good[..<count])) }
        }
        for (position, value) in [(0, UInt8(0)), (5, 0), (6, 0), (6, 3), (8, 255), (9, 255)] {
            var bytes = good
            bytes[position] = value
            #expect(throws: MatrixFileError.self, "byte \(position) is \(value)") { try header(bytes) }
        }
        // Format 2.0 with a length of four bytes, all set.
        let long = [0x93] + Array("NUMPY".utf8) + [2, 0, 255, 255, 255, 255] + Array("{}".utf8)
        #expect(throws: MatrixFileError.self) { try header(long) }
    }
}
