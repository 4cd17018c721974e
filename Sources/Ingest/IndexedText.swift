/// A text that can be cut by Unicode scalar offsets without walking it from the start each time.
///
/// One checkpoint every 256 scalars keeps the UTF-8 offset, so a cut costs at most 255 scalar steps at each end and
/// the table costs 1/32 byte a scalar. An all-ASCII text needs no table at all.
public struct IndexedText: Sendable {
    public let string: String
    public let scalarCount: Int

    private static let stride = 256
    private let utf8Count: Int
    private let checkpoints: [Int]
    private let isASCII: Bool

    /// Walks the text once.
    public init(_ text: String) {
        var native = text
        native.makeContiguousUTF8()
        var scalars = 0
        var bytes = 0
        var checkpoints: [Int] = []
        for byte in native.utf8 {
            if byte & 0xC0 != 0x80 {
                if scalars % Self.stride == 0 { checkpoints.append(bytes) }
                scalars += 1
            }
            bytes += 1
        }
        string = native
        scalarCount = scalars
        utf8Count = bytes
        isASCII = scalars == bytes
        self.checkpoints = isASCII ? [] : checkpoints
    }

    /// The text under `span`.
    ///
    /// - Precondition: `span.end <= scalarCount`.
    public subscript(span: TextSpan) -> Substring {
        precondition(span.end <= scalarCount, "span \(span) ends after a text of \(scalarCount) scalars")
        return string[index(ofScalar: span.start)..<index(ofScalar: span.end)]
    }

    private func index(ofScalar offset: Int) -> String.Index {
        if isASCII { return string.utf8.index(string.utf8.startIndex, offsetBy: offset) }
        if offset == scalarCount { return string.utf8.endIndex }
        let checkpoint = string.utf8.index(string.utf8.startIndex, offsetBy: checkpoints[offset / Self.stride])
        return string.unicodeScalars.index(checkpoint, offsetBy: offset % Self.stride)
    }
}
