import Foundation

/// The files of one of Chroma's HNSW segments, as chroma-hnswlib 0.7 writes them: the vectors by the ids of records. The links
/// are not read, so that a broken graph is none of our concern.
///
/// `data_level0.bin` is a row of elements of equal size, each with its vector and a label; `index_metadata.pickle` says which
/// label is whose. For cosine the vectors are of unit length and `length.bin` has what they were.
final class ChromaVectorFiles {
    private let vectors: FileHandle
    private let lengths: FileHandle?
    private let header: Header
    private let dimension: Int
    /// The element of each id.
    private(set) var elements: [String: Int] = [:]
    /// What the pickle says of how far the files follow the queue; only chromadb 0.5.0 writes it.
    let lastSequence: Int64?

    private struct Header {
        let count: Int
        let elementBytes: Int
        let labelOffset: Int
        let dataOffset: Int

        static let bytes = 100

        init(_ bytes: [UInt8], path: String, dimension: Int) throws {
            func number(_ offset: Int, _ width: Int = 8) -> UInt64 {
                (0..<width).reduce(0) { $0 | UInt64(bytes[offset + $1]) << UInt64(8 * $1) }
            }
            func damaged(_ what: String) -> ChromaImportError { .damagedFile(path: path, detail: what) }
            guard bytes.count == Self.bytes else { throw damaged("it has \(bytes.count) bytes of \(Self.bytes)") }
            guard number(0, 4) == 1 else { throw damaged("version \(number(0, 4)) instead of 1") }
            let most: UInt64 = 1 << 40
            guard number(20) < most, number(28) < most, number(36) < most, number(44) < most else {
                throw damaged("sizes beyond all bounds")
            }
            (count, elementBytes) = (Int(number(20)), Int(number(28)))
            (labelOffset, dataOffset) = (Int(number(36)), Int(number(44)))
            guard dataOffset >= 4, labelOffset - dataOffset == 4 * dimension, elementBytes >= labelOffset + 8,
                elementBytes <= 1 << 20
            else {
                throw damaged("its elements do not hold vectors of \(dimension) numbers")
            }
        }
    }

    /// nil where nothing was written to the files yet.
    /// - Parameter folder: of the segment.
    /// - Throws: ``ChromaImportError/damagedFile(path:detail:)``.
    init?(folder: String, dimension: Int, isCosine: Bool) throws {
        let picklePath = folder + "/index_metadata.pickle"
        guard FileManager.default.fileExists(atPath: picklePath) else { return nil }
        let pickle: PickleValue
        do {
            pickle = try PickleReader.read([UInt8](Self.open(picklePath).readToEnd() ?? Data()))
        } catch let error as PickleError {
            throw ChromaImportError.damagedFile(path: picklePath, detail: "\(error.reason) at byte \(error.offset)")
        }
        guard case .dictionary(let labels)? = pickle["id_to_label"] else {
            throw ChromaImportError.damagedFile(path: picklePath, detail: "it has no id_to_label")
        }
        if case .integer(let last)? = pickle["max_seq_id"] { lastSequence = last } else { lastSequence = nil }
        self.dimension = dimension
        guard !labels.isEmpty else { return nil }
        let headerPath = folder + "/header.bin"
        header = try Header(
            [UInt8](Self.open(headerPath).read(upToCount: Header.bytes) ?? Data()), path: headerPath,
            dimension: dimension)
        vectors = try Self.open(folder + "/data_level0.bin")
        lengths = isCosine ? try Self.open(folder + "/length.bin") : nil
        try findElements(labels)
    }

    private static func open(_ path: String) throws -> FileHandle {
        do {
            return try FileHandle(forReadingFrom: URL(filePath: path))
        } catch {
            throw ChromaImportError.damagedFile(path: path, detail: error.localizedDescription)
        }
    }

    /// Elements looked at in one read.
    private static let elementsAtOnce = 4_096
    private static let deletedBit: UInt8 = 1

    private func findElements(_ labels: [PickleValue: PickleValue]) throws {
        var ids: [UInt64: String] = [:]
        for case (.string(let id), .integer(let label)) in labels { ids[UInt64(bitPattern: label)] = id }
        try vectors.seek(toOffset: 0)
        var first = 0
        while first < header.count {
            let wanted = min(Self.elementsAtOnce, header.count - first)
            let bytes = [UInt8](try vectors.read(upToCount: wanted * header.elementBytes) ?? Data())
            for place in 0..<(bytes.count / header.elementBytes) {
                let start = place * header.elementBytes
                let label = (0..<8).reduce(UInt64(0)) {
                    $0 | UInt64(bytes[start + header.labelOffset + $1]) << UInt64(8 * $1)
                }
                if bytes[start + 2] & Self.deletedBit == 0, let id = ids[label] { elements[id] = first + place }
            }
            // A file that was cut has fewer; what is missing is told for each record.
            if bytes.count < wanted * header.elementBytes { break }
            first += wanted
        }
    }

    /// The vector of an element as it was given, up to rounding for cosine.
    func vector(_ element: Int) throws -> [Float]? {
        try vectors.seek(toOffset: UInt64(element * header.elementBytes + header.dataOffset))
        guard let data = try vectors.read(upToCount: 4 * dimension) else { return nil }
        guard var vector = VectorColumn.decode([UInt8](data), dimension: dimension) else { return nil }
        if let lengths {
            try lengths.seek(toOffset: UInt64(4 * element))
            guard let data = try lengths.read(upToCount: 4),
                let length = VectorColumn.decode([UInt8](data), dimension: 1)?.first
            else { return nil }
            for index in vector.indices { vector[index] *= length }
        }
        return vector
    }
}
