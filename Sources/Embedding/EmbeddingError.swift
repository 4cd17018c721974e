/// What can go wrong outside the code of this module: model files that are missing, damaged or of another kind, and
/// a queue that is full.
public enum EmbeddingError: Error, Equatable, CustomStringConvertible {
    /// A file that a model folder must hold is not there.
    case fileMissing(path: String)
    /// The system refused to open, size, read or map a file.
    case fileUnreadable(path: String, reason: String)
    /// A file was read but its content breaks its format.
    case malformedFile(path: String, problem: String)
    /// A setting of the model asks for something that this engine does not do.
    case unsupportedModel(path: String, setting: String, expected: String, found: String)
    /// The weights lack a tensor that the configuration requires.
    case tensorMissing(name: String, expected: String, path: String)
    /// A tensor has another shape or element type than the configuration requires, or contradicts its own header.
    case tensorMismatch(name: String, expected: String, found: String, path: String)
    /// A tensor holds NaN or infinity; `index` counts elements.
    case tensorNotFinite(name: String, index: Int, path: String)
    /// A text gave a vector whose length is 0 or not a number although all weights are finite.
    case vectorNotUsable(norm: String, path: String)
    /// More texts are waiting than the queue allows.
    case queueFull(waitingTexts: Int, limit: Int)
    /// The system starts no further thread.
    case threadRefused(reason: String)
    /// The embedder was shut down before the work was done.
    case shutDown

    public var description: String {
        switch self {
        case .fileMissing(let path):
            "The model file \(path) is missing; fetch the model again or point to its folder."
        case .fileUnreadable(let path, let reason):
            "The model file \(path) cannot be read (\(reason)); check its permissions and the disk."
        case .malformedFile(let path, let problem):
            "The model file \(path) is damaged: \(problem); fetch the model again."
        case .unsupportedModel(let path, let setting, let expected, let found):
            "The model cannot be used: \(setting) in \(path) is \(found), but only \(expected) is supported; "
                + "choose a BERT-family sentence-embedding model."
        case .tensorMissing(let name, let expected, let path):
            "The tensor \(name) \(expected) is missing in \(path); the weights do not belong to this config.json."
        case .tensorMismatch(let name, let expected, let found, let path):
            "The tensor \(name) in \(path) should be \(expected) but is \(found); "
                + "the weights are damaged or do not belong to this config.json."
        case .tensorNotFinite(let name, let index, let path):
            "The tensor \(name) in \(path) holds NaN or infinity at element \(index), expected finite numbers; "
                + "fetch the model again."
        case .vectorNotUsable(let norm, let path):
            "The model of \(path) gave a vector of length \(norm), which cannot be made unit-length; "
                + "fetch the model again."
        case .queueFull(let waitingTexts, let limit):
            "\(waitingTexts) texts wait to be embedded and the limit is \(limit); try again later or send fewer texts."
        case .threadRefused(let reason):
            "The embedder's worker thread cannot be started (\(reason)); raise the limit of threads or free some."
        case .shutDown:
            "The embedder was shut down; start the program again."
        }
    }
}
