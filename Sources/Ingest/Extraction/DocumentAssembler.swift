/// Builds a document from a worker's frames and believes none of them: order, ranges and counts are checked.
struct DocumentAssembler {
    enum Outcome: Equatable {
        case document(ExtractedDocument)
        case failure(IngestError)
    }

    private(set) var outcome: Outcome?
    /// As the worker reports it; 0 before its end.
    private(set) var peakMemoryBytes = 0
    private var sawHello = false
    private var text: [UInt8] = []
    private var blocks: [Block] = []
    private var pages: [PageStatistics] = []
    private var warnings: [Warning] = []
    private var summary: ExtractionSummary?

    /// Takes the next frame; progress is handed on to `progress`.
    mutating func accept(
        _ frame: ExtractionFrame, progress: (ExtractionProgress) -> Void
    ) throws(ExtractionProtocolError) {
        guard outcome == nil else { throw ExtractionProtocolError(reason: "a frame after the end") }
        if !sawHello {
            guard frame == .hello(version: ExtractionFrame.version) else {
                throw ExtractionProtocolError(reason: "the first frame is not the greeting of this version")
            }
            sawHello = true
            return
        }
        switch frame {
        case .hello: throw ExtractionProtocolError(reason: "a second greeting")
        case .progress(let value): progress(value)
        case .text(let bytes): text += bytes
        case .block(let block):
            guard blocks.count < ExtractionProtocolLimits.blocks,
                block.span.start >= (blocks.last?.span.end ?? 0)
            else { throw ExtractionProtocolError(reason: "blocks overlap or are too many") }
            blocks.append(block)
        case .page(let page):
            guard pages.count < ExtractionProtocolLimits.pages, page.page == pages.count + 1 else {
                throw ExtractionProtocolError(reason: "pages are out of order or too many")
            }
            pages.append(page)
        case .warning(let warning):
            guard warnings.count < ExtractionProtocolLimits.warnings else {
                throw ExtractionProtocolError(reason: "too many warnings")
            }
            warnings.append(warning)
        case .summary(let value):
            guard summary == nil else { throw ExtractionProtocolError(reason: "a second summary") }
            summary = value
        case .failure(let error): outcome = .failure(error)
        case .done(let textBytes, let blockCount, let peak):
            guard textBytes == text.count, blockCount == blocks.count else {
                throw ExtractionProtocolError(reason: "the counts at the end do not fit")
            }
            outcome = .document(try makeDocument())
            peakMemoryBytes = peak
        }
    }

    private func makeDocument() throws(ExtractionProtocolError) -> ExtractedDocument {
        guard let summary else { throw ExtractionProtocolError(reason: "no summary") }
        guard let string = String(validating: text, as: UTF8.self) else {
            throw ExtractionProtocolError(reason: "the text is not UTF-8")
        }
        guard (blocks.last?.span.end ?? 0) <= string.unicodeScalars.count else {
            throw ExtractionProtocolError(reason: "a block ends after the text")
        }
        guard pages.count <= summary.pageCount,
            blocks.allSatisfy({ ($0.page ?? 1) >= 1 && ($0.page ?? 0) <= summary.pageCount }),
            blocks.allSatisfy({ ($0.row ?? 1) >= 1 && ($0.row ?? 0) <= summary.rowCount })
        else { throw ExtractionProtocolError(reason: "a page or row that does not exist") }
        return ExtractedDocument(
            format: summary.format, state: summary.state, title: summary.title, text: string, blocks: blocks,
            pageCount: summary.pageCount, pages: pages, rowCount: summary.rowCount, columns: summary.columns,
            raggedRowCount: summary.raggedRowCount, firstRaggedRows: summary.firstRaggedRows, warnings: warnings)
    }
}
