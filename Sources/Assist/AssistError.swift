/// What can keep an answer or an ingest from happening, besides the errors of the modules below.
public enum AssistError: Error, Equatable, CustomStringConvertible {
    /// The embedder gave no vector for a question.
    case noVector
    /// A document vanished while it was worked on.
    case documentGone(id: String)
    /// A document was ingested again while a rebuild was about to finish.
    case changedMeanwhile(id: String)
    /// The caller's time limit passed.
    case timeout(milliseconds: Int)

    public var description: String {
        switch self {
        case .noVector: "The model gave no vector for the question."
        case .documentGone(let id): "The document \(id) was deleted meanwhile."
        case .changedMeanwhile(let id): "The document \(id) changed meanwhile."
        case .timeout(let milliseconds): "No answer within \(milliseconds) ms. Try again, or allow more time."
        }
    }
}
