/// Elements of lists as bytes: equal elements have equal bytes, others do not.
enum ElementBytes {
    /// Begins what is no string: no UTF-8 contains this byte.
    private static let mark: UInt8 = 0xff

    /// Calls `body` with the bytes, or returns nil for what equals nothing: NaN and lists.
    static func with<Result>(_ value: MetadataValue, _ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        switch value {
        case .string(let text): return with(text, body)
        case .bool(let flag): return [mark, flag ? 1 : 0].withUnsafeBytes(body)
        case .integer, .real:
            guard let key = OrderedKey(number: value) else { return nil }
            return withUnsafeTemporaryAllocation(byteCount: 11, alignment: 1) { buffer in
                buffer[0] = mark
                buffer.storeBytes(of: key.high, toByteOffset: 1, as: Int64.self)
                buffer.storeBytes(of: key.low, toByteOffset: 9, as: UInt16.self)
                return body(UnsafeRawBufferPointer(buffer))
            }
        case .list: return nil
        }
    }

    static func with<Result>(_ text: String, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        var text = text
        return text.withUTF8 { body(UnsafeRawBufferPointer($0)) }
    }
}
