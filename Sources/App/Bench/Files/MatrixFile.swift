import Foundation

/// A file of equally long rows in one of the formats of the field, mapped and checked before any element is read.
///
///     fbin   uint32 rows, uint32 columns, then float32 rows
///     ibin   uint32 rows, uint32 columns, then int32 rows; float32 distances of the same shape may follow
///     npy    NumPy's format 1.0 or 2.0, two dimensions, C order, `<f4`, `<i4` or `<i8`
///
/// All numbers are little-endian. The ending of the name tells the format.
struct MatrixFile: Sendable {
    enum Element: String, Sendable {
        case float32 = "<f4"
        case int32 = "<i4"
        case int64 = "<i8"

        var sizeBytes: Int { self == .int64 ? 8 : 4 }
    }

    let rows: Int
    let columns: Int
    let element: Element
    private let file: MappedFile
    private let offsetBytes: Int

    static let endings = ".fbin, .ibin or .npy"
    private static let binHeaderBytes = 8

    var path: String { file.path }
    var sizeBytes: Int { file.sizeBytes }

    init(path: String) throws(MatrixFileError) {
        let file = try MappedFile(path: path)
        let isShapeFine: (Int) -> Bool
        if path.hasSuffix(".npy") {
            let header = try file.withBytes { bytes throws(MatrixFileError) in
                try NPYHeader(bytes, path: path)
            }
            (rows, columns, element, offsetBytes) = (header.rows, header.columns, header.element, header.sizeBytes)
            isShapeFine = { $0 == 1 }
        } else {
            guard path.hasSuffix(".fbin") || path.hasSuffix(".ibin") else {
                throw .unknownFormat(path: path, expected: Self.endings)
            }
            guard file.sizeBytes >= Self.binHeaderBytes else {
                throw .malformedHeader(
                    path: path, offset: 0, expected: "8 bytes with the two counts", found: "\(file.sizeBytes) bytes")
            }
            (rows, columns) = file.withBytes { bytes in
                // SAFETY: both loads lie in the first 8 bytes, which are there by the check above.
                (
                    Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self))),
                    Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
                )
            }
            element = path.hasSuffix(".fbin") ? .float32 : .int32
            offsetBytes = Self.binHeaderBytes
            isShapeFine = path.hasSuffix(".fbin") ? { $0 == 1 } : { $0 == 1 || $0 == 2 }
        }
        self.file = file
        guard rows > 0, columns > 0 else { throw .empty(path: path, rows: rows, columns: columns) }
        let (count, countOverflows) = rows.multipliedReportingOverflow(by: columns)
        let (bytes, bytesOverflow) = count.multipliedReportingOverflow(by: element.sizeBytes)
        let (expected, sumOverflows) = bytes.addingReportingOverflow(offsetBytes)
        let overflows = countOverflows || bytesOverflow || sumOverflows
        // How many whole matrices of this shape follow the header.
        let body = sizeBytes - offsetBytes
        guard !overflows, body % bytes == 0, isShapeFine(body / bytes) else {
            throw .wrongSize(
                path: path, rows: rows, columns: columns, expectedBytes: overflows ? .max : expected,
                foundBytes: sizeBytes)
        }
        // Reading the header may have mapped pages of megabytes.
        file.releasePages()
    }

    /// Copies the first `limit` rows, at least one, and releases the mapped pages.
    /// - Throws: `.wrongElement` if these are no floats; `.unusableValue` for the first NaN or infinity.
    func vectors(limit: Int = .max) throws(MatrixFileError) -> VectorMatrix {
        guard element == .float32 else {
            throw .wrongElement(path: path, expected: "float32 vectors", found: element.rawValue)
        }
        let taken = max(1, min(limit, rows))
        let values = file.withBytes { bytes in
            // SAFETY: init proved that rows × columns elements of this size follow `offsetBytes`; taken ≤ rows.
            [Float](unsafeUninitializedCapacity: taken * columns) { buffer, initialized in
                for index in 0..<(taken * columns) {
                    let bits = bytes.loadUnaligned(fromByteOffset: offsetBytes + index * 4, as: UInt32.self)
                    buffer.initializeElement(at: index, to: Float(bitPattern: UInt32(littleEndian: bits)))
                }
                initialized = taken * columns
            }
        }
        file.releasePages()
        if let bad = values.firstIndex(where: { !$0.isFinite }) {
            throw .unusableValue(
                path: path, row: bad / columns, column: bad % columns, expected: "a finite number",
                found: "\(values[bad])")
        }
        return VectorMatrix(values: values, count: taken, dimension: columns)
    }

    /// All elements as keys, row after row.
    /// - Throws: `.wrongElement` if these are no integers; `.unusableValue` for the first negative one.
    func keys() throws(MatrixFileError) -> [UInt64] {
        guard element != .float32 else {
            throw .wrongElement(path: path, expected: "int32 or int64 row numbers", found: element.rawValue)
        }
        var result: [UInt64] = []
        result.reserveCapacity(rows * columns)
        for index in 0..<(rows * columns) {
            let value = integer(at: index)
            guard value >= 0 else {
                throw .unusableValue(
                    path: path, row: index / columns, column: index % columns, expected: "a row number",
                    found: "\(value)")
            }
            result.append(UInt64(value))
        }
        file.releasePages()
        return result
    }

    private func integer(at index: Int) -> Int64 {
        precondition((0..<(rows * columns)).contains(index), "element \(index) of \(rows) × \(columns)")
        return file.withBytes { bytes in
            // SAFETY: init proved that rows × columns elements of this size follow `offsetBytes`.
            let offset = offsetBytes + index * element.sizeBytes
            if element == .int64 {
                return Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self))
            }
            return Int64(Int32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)))
        }
    }
}
