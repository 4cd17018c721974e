import Hummingbird
import NIOCore

/// Reads a multipart/form-data request part by part while it arrives.
///
/// ```swift
/// var form = try MultipartReader(request, limits: MultipartLimits(fileBytes: 25 << 20))
/// while let part = try await form.nextPart() {
///     if part.filename == nil {
///         fields[part.name] = try await form.text()
///     } else {
///         while let piece = try await form.nextContent() { try write(piece) }
///     }
/// }
/// ```
public struct MultipartReader {
    /// Allowance for delimiters, headers and fields around the file.
    private static let overheadBytes = 1 << 20

    private var parser: MultipartParser
    private var body: LimitedBody
    private var events: ArraySlice<MultipartEvent> = []
    private var part: MultipartPart?
    private var isFinished = false

    /// Checks size (413), then media type (415).
    public init(_ request: Request, limits: MultipartLimits, seconds: Int = 600) throws {
        let bodyLimits = BodyLimits(bytes: limits.fileBytes + Self.overheadBytes, seconds: seconds)
        if let declared = request.declaredBytes, declared > bodyLimits.bytes {
            throw MultipartError.fileTooLarge(limitBytes: limits.fileBytes)
        }
        let boundary = try MultipartParser.boundary(ofContentType: request.headers[.contentType])
        parser = try MultipartParser(boundary: boundary, limits: limits)
        body = request.pieces(bodyLimits)
    }

    private mutating func nextEvent() async throws -> MultipartEvent? {
        while events.isEmpty {
            guard !isFinished else { return nil }
            if let piece = try await body.next() {
                events = try parser.consume(piece.readableBytesView)[...]
            } else {
                isFinished = true
                try parser.finish()
            }
        }
        return events.popFirst()
    }

    /// The next part, skipping what is left of the current one; nil after the last.
    public mutating func nextPart() async throws -> MultipartPart? {
        while let event = try await nextEvent() {
            if case .began(let part) = event {
                self.part = part
                return part
            }
        }
        return nil
    }

    /// The next piece of the current part; nil at its end.
    public mutating func nextContent() async throws -> ArraySlice<UInt8>? {
        guard part != nil else { return nil }
        switch try await nextEvent() {
        case .content(let bytes)?: return bytes
        case .ended?, .began?, nil:
            part = nil
            return nil
        }
    }

    /// The rest of the current part as text. Call it on fields only: their size is bounded.
    public mutating func text() async throws -> String {
        let name = part?.name ?? ""
        var bytes: [UInt8] = []
        while let piece = try await nextContent() { bytes.append(contentsOf: piece) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw MultipartError.badText(name: name) }
        return text
    }
}
