/// Reads one file in this process. Meant for the worker and for tests: files from strangers go through
/// `ExtractionWorker`, which runs the same code in a child process under limits.
///
/// Blocking; may be used from any thread, one call a file.
public struct Extractor: Sendable {
    public typealias ProgressHandler = (ExtractionProgress) -> Void

    public var limits: IngestLimits

    public init(limits: IngestLimits = .standard) {
        self.limits = limits
    }

    /// Reads the file at `path`; its name's extension has to agree with its content.
    public func extract(path: String, progress: ProgressHandler = { _ in }) throws(IngestError) -> ExtractedDocument {
        let descriptor = try FileDescriptor.openForReading(path: path)
        let bytes = try descriptor.readAll(limitBytes: limits.maximumFileBytes)
        return try extract(
            bytes: bytes, fileExtension: FormatSniffer.fileExtension(ofName: path), progress: progress)
    }

    /// Reads a file's whole content.
    public func extract(
        bytes: [UInt8], fileExtension: String? = nil, progress: ProgressHandler = { _ in }
    ) throws(IngestError) -> ExtractedDocument {
        guard bytes.count <= limits.maximumFileBytes else {
            throw .fileTooLarge(sizeBytes: bytes.count, limitBytes: limits.maximumFileBytes)
        }
        let format = try FormatSniffer.format(of: bytes, fileExtension: fileExtension)
        let document =
            switch format {
            case .pdf: try PDFReader(limits: limits).read(bytes, progress: progress)
            case .docx: try DOCXReader(limits: limits).read(bytes, progress: progress)
            case .csv: try CSVReader(limits: limits).read(bytes, progress: progress)
            }
        if document.state == .text, document.blocks.isEmpty { throw .emptyText }
        return document
    }
}
