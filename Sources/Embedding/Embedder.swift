import Kernels

/// What a text is embedded for: some models put different prefixes before the two.
public enum EmbeddingPurpose: Sendable {
    case query, passage
}

/// Who goes first when both wait.
public enum EmbeddingPriority: Sendable {
    /// Someone waits for the answer: overtakes bulk work, and starts even while all workers are busy with it.
    case question
    /// Ingestion.
    case bulk
}

/// Turns texts into unit-length vectors with a BERT-family sentence-embedding model.
///
/// Any number of threads and tasks may use one embedder. The work is done by threads of its own, `workers` for bulk work
/// and as many for questions, which the system lets go first; requests that wait together share batches. Texts embedded
/// before come from a cache. The weights are mapped, not read: do not change the model files while an embedder lives.
public final class Embedder: Sendable {
    /// C: floats in a vector.
    public let dimension: Int
    /// Ids in a sequence at most, [CLS] and [SEP] included; longer texts are cut at the right.
    public let maximumTokens: Int
    /// Tokens of a passage's own text that are embedded at most: `maximumTokens` without the special tokens and the
    /// tokens of the passage prefix. Cut passages to this.
    public let maximumPassageTokens: Int
    /// The name of the model's folder.
    public let modelName: String
    /// 64 hexadecimal digits over weights (a sample), tokenizer, pooling, window and prefixes. Vectors of models with
    /// different fingerprints must not be compared.
    public let fingerprint: String
    /// The tokenizer that `embed` uses.
    public let tokenizer: BERTTokenizer

    private let configuration: BERTConfiguration
    private let workers: EmbeddingWorkers
    private let queryPrefix: String
    private let passagePrefix: String

    /// Reads and checks the folder's settings, maps the weights and starts the threads. Blocking: about 20 ms for
    /// all-MiniLM-L6-v2.
    ///
    /// The first time, the weights are checked and packed for the precision, some 0.1 to 0.5 s, and written beside the
    /// model as `model.<precision>.packed`, if the folder may be written to.
    ///
    /// - Parameters:
    ///   - modelFolder: a sentence-transformers folder with `config.json`, `tokenizer.json` or `vocab.txt`, and
    ///     `model.safetensors`.
    ///   - precision: in how many bits the encoder multiplies.
    ///   - workers: threads that embed, at least 1; one for each core.
    ///   - cachedVectors: vectors kept for texts that come again, 1.5 kB each for 384 floats; 0 for none.
    public convenience init(
        modelFolder: String, precision: EmbeddingPrecision = .standard, workers: Int = 2, cachedVectors: Int = 8_192
    ) throws(EmbeddingError) {
        try self.init(
            modelFolder: modelFolder, precision: precision, workers: workers, cachedVectors: cachedVectors,
            level: .current)
    }

    /// With the products and the attention of an instruction set; what else happens to rows stays at the best.
    init(
        modelFolder: String, precision: EmbeddingPrecision, workers: Int, cachedVectors: Int, level: SIMDLevel
    ) throws(EmbeddingError) {
        precondition((1...256).contains(workers), "\(workers) workers")
        let folder = try ModelFolder(path: modelFolder)
        configuration = folder.configuration
        dimension = configuration.hiddenSize
        maximumTokens = folder.maximumTokens
        modelName = folder.name
        fingerprint = folder.fingerprint
        tokenizer = folder.tokenizer
        queryPrefix = folder.queryPrefix
        passagePrefix = folder.passagePrefix
        let prefixTokens = folder.tokenizer.countTokens(folder.passagePrefix)
        maximumPassageTokens = max(1, folder.maximumTokens - BERTTokenizer.specialTokenCount - prefixTokens)
        self.workers = try EmbeddingWorkers(
            folder: folder, precision: precision, workers: workers, cachedVectors: cachedVectors, level: level)
    }

    deinit {
        workers.stop()
    }

    /// Ends the threads: running batches end, waiting and later requests throw ``EmbeddingError/shutDown``.
    ///
    /// Blocks until no thread computes any more. To be called before the process ends: OpenBLAS gives its buffers back
    /// at exit, under the hands of whoever still multiplies.
    public func shutDown() {
        workers.shutDown()
    }

    /// Embeds texts in order; each vector has `dimension` floats and L2 norm 1. An empty text has a vector too.
    ///
    /// BLOCKS the calling thread: never call it on Swift's cooperative pool.
    ///
    /// - Parameter progress: called on the calling thread with the number of texts done, ever larger.
    public func embedBlocking(
        _ texts: [String], purpose: EmbeddingPurpose, priority: EmbeddingPriority = .bulk,
        progress: ((Int) -> Void)? = nil
    ) throws(EmbeddingError) -> [[Float]] {
        try workers.embedBlocking(
            texts, prefix: prefix(purpose), priority: priority.scheduled, progress: progress)
    }

    /// Embeds texts in order without blocking; each vector has `dimension` floats and L2 norm 1.
    ///
    /// Throws `EmbeddingError`, or `CancellationError` when the task is cancelled: what has not started by then is
    /// dropped, batches that run go on unheard.
    public func embed(
        _ texts: [String], purpose: EmbeddingPurpose, priority: EmbeddingPriority
    ) async throws -> [[Float]] {
        try await workers.embed(texts, prefix: prefix(purpose), priority: priority.scheduled)
    }

    /// Texts whose vectors were computed so far, not taken from the cache.
    var computedTexts: Int { workers.computedTexts }

    /// The number of tokens of a text, special tokens and prefix not counted, nothing cut.
    public func countTokens(_ text: String) -> Int {
        tokenizer.countTokens(text)
    }

    /// For each token of the whole text the half-open range of Unicode scalars of `text` that it stands for; not cut,
    /// without special tokens. Ascending; scalars that the tokenizer drops lie in no range.
    public func tokenOffsets(_ text: String) -> [Range<Int>] {
        tokenizer.tokenOffsets(text)
    }

    /// Multiplications and additions of all products for a sequence of so many ids, special tokens included.
    public func operationCount(tokens: Int) -> Double {
        let (size, inner) = (Double(configuration.hiddenSize), Double(configuration.intermediateSize))
        let tokens = Double(tokens)
        let linear = 2 * tokens * (4 * size * size + 2 * size * inner)
        let attention = 4 * tokens * tokens * size
        return Double(configuration.layerCount) * (linear + attention)
    }

    private func prefix(_ purpose: EmbeddingPurpose) -> String {
        purpose == .query ? queryPrefix : passagePrefix
    }
}

extension EmbeddingPriority {
    fileprivate var scheduled: BatchScheduler.Priority { self == .question ? .question : .bulk }
}
