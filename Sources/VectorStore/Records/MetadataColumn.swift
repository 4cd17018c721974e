/// Metadata as it lies in the database: for each field, in the order of the names' bytes, its name and its value.
///
/// A string is its count of UTF-8 bytes and the bytes. A value is one byte that says its kind, and then: nothing (false,
/// true), 8 bytes little-endian (integer, real as its bit pattern), a string, or the count of a list's values and the values.
/// Counts are LEB128. No fields are no bytes. Equal metadata give equal bytes.
enum MetadataColumn {
    private enum Kind: UInt8 {
        case no, yes, integer, real, string, list
    }

    static func encode(_ metadata: [String: MetadataValue]) -> [UInt8] {
        var bytes: [UInt8] = []
        for (name, value) in metadata.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            append(name, to: &bytes)
            append(value, to: &bytes)
        }
        return bytes
    }

    /// - Throws: ``VectorStoreError/damagedRow(table:id:detail:)`` for bytes that ``encode(_:)`` does not write.
    static func decode(_ bytes: [UInt8], table: String = RecordTable.name, id: Int64) throws -> [String: MetadataValue]
    {
        var reader = Reader(bytes: bytes)
        var metadata: [String: MetadataValue] = [:]
        while !reader.isAtEnd {
            guard let name = reader.string(), let value = reader.value(),
                metadata.updateValue(value, forKey: name) == nil
            else {
                throw VectorStoreError.damagedRow(
                    table: table, id: String(id),
                    detail: "its metadata does not decode near byte \(reader.position) of \(bytes.count)")
            }
        }
        return metadata
    }

    // MARK: Writing

    private static func append(count: Int, to bytes: inout [UInt8]) {
        var rest = UInt64(count)
        while rest > 0x7f {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }

    private static func append(_ text: String, to bytes: inout [UInt8]) {
        append(count: text.utf8.count, to: &bytes)
        bytes += text.utf8
    }

    private static func append(bits: UInt64, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift))) }
    }

    private static func append(_ value: MetadataValue, to bytes: inout [UInt8]) {
        switch value {
        case .bool(let flag):
            bytes.append((flag ? Kind.yes : .no).rawValue)
        case .integer(let number):
            bytes.append(Kind.integer.rawValue)
            append(bits: UInt64(bitPattern: number), to: &bytes)
        case .real(let number):
            bytes.append(Kind.real.rawValue)
            append(bits: number.bitPattern, to: &bytes)
        case .string(let text):
            bytes.append(Kind.string.rawValue)
            append(text, to: &bytes)
        case .list(let values):
            bytes.append(Kind.list.rawValue)
            append(count: values.count, to: &bytes)
            for value in values { append(value, to: &bytes) }
        }
    }

    // MARK: Reading

    /// Every function returns nil where the bytes end too early or say something that is never written.
    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        var isAtEnd: Bool { position == bytes.count }

        mutating func byte() -> UInt8? {
            guard position < bytes.count else { return nil }
            defer { position += 1 }
            return bytes[position]
        }

        /// A count of things that take a byte each at least, so that it is no more than the bytes left.
        mutating func count() -> Int? {
            var value: UInt64 = 0
            var shift: UInt64 = 0
            while let byte = byte() {
                guard shift < 63 else { return nil }
                value |= UInt64(byte & 0x7f) << shift
                shift += 7
                if byte & 0x80 == 0 {
                    return value <= UInt64(bytes.count - position) ? Int(value) : nil
                }
            }
            return nil
        }

        mutating func string() -> String? {
            guard let count = count() else { return nil }
            defer { position += count }
            return String(validating: bytes[position..<position + count], as: UTF8.self)
        }

        mutating func bits() -> UInt64? {
            guard bytes.count - position >= 8 else { return nil }
            defer { position += 8 }
            return (0..<8).reduce(0) { $0 | UInt64(bytes[position + $1]) << UInt64($1 * 8) }
        }

        mutating func value(inList: Bool = false) -> MetadataValue? {
            guard let kind = byte().flatMap(Kind.init) else { return nil }
            switch kind {
            case .no: return .bool(false)
            case .yes: return .bool(true)
            case .integer: return bits().map { .integer(Int64(bitPattern: $0)) }
            case .real: return bits().map { .real(Double(bitPattern: $0)) }
            case .string: return string().map { .string($0) }
            case .list:
                // A list has no lists in it: ``VectorCollection`` refuses them.
                guard !inList, let count = count() else { return nil }
                var values: [MetadataValue] = []
                for _ in 0..<count {
                    guard let value = value(inList: true) else { return nil }
                    values.append(value)
                }
                return .list(values)
            }
        }
    }
}
