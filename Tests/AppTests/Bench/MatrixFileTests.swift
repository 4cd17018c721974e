import Foundation
import TestSupport
import Testing

@testable import propertypro

@Suite struct MatrixFileTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func open(_ bytes: [UInt8], _ name: String) throws -> MatrixFile {
        try MatrixFile(path: try MatrixBytes.write(bytes, name, in: folder))
    }

    @Test func vectorsOfAnFbinFileAreReadRowByRow() throws {
        let file = try open(MatrixBytes.fbin([[1, -2, 0.5], [4, 5, -0]]), "a.fbin")
        #expect(file.rows == 2 && file.columns == 3)
        #expect(try file.vectors() == VectorMatrix(values: [1, -2, 0.5, 4, 5, -0], count: 2, dimension: 3))
        #expect(try file.vectors(limit: 1) == VectorMatrix(values: [1, -2, 0.5], count: 1, dimension: 3))
        // The pages were given back after the first reading; the second reads them anew.
        #expect(try file.vectors(limit: 9).count == 2)
    }

    @Test func neighborsOfAnIbinFileMayBeFollowedByDistances() throws {
        let bytes = MatrixBytes.ibin([[3, 0], [7, .max]])
        #expect(try open(bytes, "a.ibin").keys() == [3, 0, 7, 2_147_483_647])
        #expect(try open(bytes + Array(repeating: 0x3F, count: 16), "b.ibin").keys() == [3, 0, 7, 2_147_483_647])
        #expect(throws: MatrixFileError.self) { try open(bytes + Array(repeating: 0, count: 32), "c.ibin") }
        #expect(throws: MatrixFileError.self) { try open(bytes + [0], "d.ibin") }
    }

    /// Written by `numpy.lib.format.write_array(file, array, version)` of NumPy 2.4 from
    /// `array([[1.5, -2, 3], [0.25, 5, 6]], '<f4')` as version 1.0, `array([[7, 8], [9, 2147483647]], '<i4')` as 2.0,
    /// and `array([[7, 8], [9, 4294967296]], '<i8')` as 1.0.
    private static let f4 =
        "k05VTVBZAQB2AHsnZGVzY3InOiAnPGY0JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDMpLCB9ICAg"
        + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoAAMA/AAAAwAAAQEAAAIA+"
        + "AACgQAAAwEA="
    private static let i4 =
        "k05VTVBZAgB0AAAAeydkZXNjcic6ICc8aTQnLCAnZm9ydHJhbl9vcmRlcic6IEZhbHNlLCAnc2hhcGUnOiAoMiwgMiksIH0g"
        + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoHAAAACAAAAAkAAAD///9/"
    private static let i8 =
        "k05VTVBZAQB2AHsnZGVzY3InOiAnPGk4JywgJ2ZvcnRyYW5fb3JkZXInOiBGYWxzZSwgJ3NoYXBlJzogKDIsIDIpLCB9ICAg"
        + "ICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIAoHAAAAAAAAAAgAAAAAAAAA"
        + "CQAAAAAAAAAAAAAAAQAAAA=="

    @Test func filesOfNumPyAreRead() throws {
        let floats = try open(try decoded(Self.f4), "f4.npy")
        #expect(try floats.vectors() == VectorMatrix(values: [1.5, -2, 3, 0.25, 5, 6], count: 2, dimension: 3))
        #expect(try open(try decoded(Self.i4), "i4.npy").keys() == [7, 8, 9, 2_147_483_647])
        #expect(try open(try decoded(Self.i8), "i8.npy").keys() == [7, 8, 9, 4_294_967_296])
    }

    private func decoded(_ text: String) throws -> [UInt8] { Array(try #require(Data(base64Encoded: text))) }

    @Test func elementsAtOddOffsetsAreRead() throws {
        let dictionary = "{'shape': (1, 2), 'descr': \"<f4\", 'fortran_order': False}"
        #expect((10 + dictionary.utf8.count) % 4 != 0)
        let elements = MatrixBytes.words([Float(2.5).bitPattern, Float(-1).bitPattern])
        #expect(try open(MatrixBytes.npy(dictionary, elements: elements), "a.npy").vectors().values == [2.5, -1])
    }

    @Test func theWrongKindOfElementIsRefused() throws {
        let floats = try open(MatrixBytes.fbin([[1]]), "a.fbin")
        #expect(
            throws: MatrixFileError.wrongElement(
                path: floats.path, expected: "int32 or int64 row numbers", found: "<f4")
        ) { try floats.keys() }
        let integers = try open(MatrixBytes.ibin([[1]]), "a.ibin")
        #expect(
            throws: MatrixFileError.wrongElement(path: integers.path, expected: "float32 vectors", found: "<i4")
        ) { try integers.vectors() }
    }

    @Test func unusableValuesAreNamedByRowAndColumn() throws {
        let nan = try open(MatrixBytes.fbin([[1, 2], [3, .nan]]), "a.fbin")
        #expect(
            throws: MatrixFileError.unusableValue(
                path: nan.path, row: 1, column: 1, expected: "a finite number", found: "nan")
        ) { try nan.vectors() }
        #expect(try nan.vectors(limit: 1).values == [1, 2])
        let negative = try open(MatrixBytes.ibin([[0, 1], [-1, 2]]), "a.ibin")
        #expect(
            throws: MatrixFileError.unusableValue(
                path: negative.path, row: 1, column: 0, expected: "a row number", found: "-1")
        ) { try negative.keys() }
    }

    @Test func sizesThatDoNotMatchTheHeaderAreRefused() throws {
        let whole = MatrixBytes.fbin([[1, 2], [3, 4]])
        for count in 0..<whole.count {
            #expect(throws: MatrixFileError.self, "\(count) bytes") { try open(Array(whole[..<count]), "cut.fbin") }
        }
        let longer = folder.path + "/longer.fbin"
        #expect(
            throws: MatrixFileError.wrongSize(path: longer, rows: 2, columns: 2, expectedBytes: 24, foundBytes: 25)
        ) { try open(whole + [0], "longer.fbin") }
        #expect(throws: MatrixFileError.self) { try open(whole + whole[8...], "twice.fbin") }
    }

    @Test func hugeCountsAreRefused() throws {
        let path = folder.path + "/huge.fbin"
        #expect(
            throws: MatrixFileError.wrongSize(
                path: path, rows: 4_294_967_295, columns: 4_294_967_295, expectedBytes: .max, foundBytes: 12)
        ) { try open(MatrixBytes.words([.max, .max, 0]), "huge.fbin") }
        // 2³¹ × 2³¹ elements of 4 bytes make 2⁶⁴, which would wrap round to 0.
        #expect(throws: MatrixFileError.self) { try open(MatrixBytes.words([1 << 31, 1 << 31]), "wrap.fbin") }
        let shape = "{'descr': '<i8', 'fortran_order': False, 'shape': (999999999999999, 999999999999999)}"
        #expect(throws: MatrixFileError.self) { try open(MatrixBytes.npy(shape), "huge.npy") }
    }

    @Test(arguments: [[UInt32](repeating: 0, count: 2), [0, 3], [3, 0]])
    func emptyMatricesAreRefused(_ counts: [UInt32]) throws {
        #expect(
            throws: MatrixFileError.empty(
                path: folder.path + "/e.fbin", rows: Int(counts[0]), columns: Int(counts[1]))
        ) { try open(MatrixBytes.words(counts), "e.fbin") }
    }

    @Test func whatIsNoMatrixFileIsRefused() throws {
        #expect(throws: MatrixFileError.notARegularFile(path: folder.path)) { try MatrixFile(path: folder.path) }
        let missing = folder.path + "/none.fbin"
        #expect(throws: MatrixFileError.system(path: missing, operation: "open", code: ENOENT)) {
            try MatrixFile(path: missing)
        }
        let pipe = folder.path + "/pipe.fbin"
        #expect(mkfifo(pipe, 0o600) == 0)
        #expect(throws: MatrixFileError.notARegularFile(path: pipe)) { try MatrixFile(path: pipe) }
        let text = try MatrixBytes.write(Array("1,2".utf8), "a.csv", in: folder)
        #expect(throws: MatrixFileError.unknownFormat(path: text, expected: ".fbin, .ibin or .npy")) {
            try MatrixFile(path: text)
        }
    }

    @Test func anyChangeOfAFileIsReadOrRefused() throws {
        let dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }\n"
        let elements = Array(MatrixBytes.fbin([[1, 2], [3, 4]])[8...])
        let originals = [
            ("m.npy", MatrixBytes.npy(dictionary, elements: elements)),
            ("m.fbin", MatrixBytes.fbin([[1, 2], [3, 4]])),
        ]
        let seed: UInt64 = 7
        var generator = SeededGenerator(seed: seed)
        var refused = 0
        for round in 0..<1_000 {
            for (name, original) in originals {
                var bytes = original
                for _ in 0...Int.random(in: 0..<3, using: &generator) {
                    bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(in: 0...255, using: &generator)
                }
                if Bool.random(using: &generator) {
                    bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
                }
                do {
                    let file = try open(bytes, name)
                    #expect(file.rows * file.columns * file.element.sizeBytes < bytes.count, "seed \(seed), \(round)")
                    if file.element == .float32 { _ = try file.vectors() } else { _ = try file.keys() }
                } catch is MatrixFileError {
                    refused += 1
                }
            }
        }
        #expect((500..<2_000).contains(refused))
    }
}
