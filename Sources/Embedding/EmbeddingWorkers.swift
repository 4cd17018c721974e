import Kernels

/// The embedder's own threads and the requests they work on.
///
/// `workers` threads do bulk work, a batch each. As many others do questions, all of them a share of the same batch, so
/// that one question is answered with all cores: a leader takes what waits, and those that are awake help. The system
/// lets them go before the bulk threads.
final class EmbeddingWorkers: Sendable {
    typealias Outcome = Result<[[Float]], any Error>

    private struct Request {
        var texts: [String]
        var prefix: String
        var vectors: [[Float]]
        /// The texts that have to be embedded, by their positions, and where the cache keeps them.
        var missing: [(index: Int, key: VectorCache.Key?)]
        var remaining: Int
        /// Set by `finish`; a blocking caller takes it from here.
        var outcome: Outcome?
        var continuation: CheckedContinuation<Outcome, Never>?

        var doneCount: Int { texts.count - remaining }

        /// Whether the cache had it all.
        var isKnown: Bool { missing.isEmpty }
    }

    private struct State {
        var scheduler: BatchScheduler
        var requests: [Int: Request] = [:]
        var lastRequest = 0
        /// Questions that ever came: helpers wake up when it changes.
        var questionCount = 0
        var isStopping = false
        var liveThreads = 0
        /// Texts whose vectors were computed, not known.
        var computedTexts = 0
    }

    /// Fewer are not worth a member's meetings with the others.
    private static let minimumTokensPerMember = 4

    private let monitor: Monitor<State>
    private let model: BERTModel
    private let tokenizer: BERTTokenizer
    private let pooling: Pooling
    private let maximumTokens: Int
    private let cache: VectorCache
    private let helpers: [TeamHelper]

    init(
        folder: ModelFolder, precision: EmbeddingPrecision, workers: Int, cachedVectors: Int, level: SIMDLevel
    ) throws(EmbeddingError) {
        let linears = try PackedLinears.load(folder, precision, level: level)
        model = try BERTModel(
            configuration: folder.configuration, weights: folder.weights, linears: linears, level: level)
        tokenizer = folder.tokenizer
        pooling = folder.pooling
        maximumTokens = folder.maximumTokens
        cache = VectorCache(capacity: cachedVectors)
        helpers = (1..<workers).map { _ in TeamHelper() }
        monitor = Monitor(State(scheduler: BatchScheduler(workers: workers)))
        do {
            for _ in 0..<workers { try start { $0.workInBulk() } }
            try start { $0.answerQuestions() }
            for helper in helpers { try start { $0.help(helper) } }
        } catch {
            stop()
            throw error
        }
    }

    private func start(_ body: @escaping @Sendable (EmbeddingWorkers) -> Void) throws(EmbeddingError) {
        monitor.withLock { $0.liveThreads += 1 }
        do throws(EmbeddingError) {
            try startThread {
                body(self)
                self.monitor.withLock(waking: .results) { $0.liveThreads -= 1 }
            }
        } catch {
            monitor.withLock { $0.liveThreads -= 1 }
            throw error
        }
    }

    /// Gives up what waits and returns once no thread is left.
    func shutDown() {
        let open = monitor.withLock(waking: .all) { state in
            state.isStopping = true
            return Array(state.requests.keys)
        }
        for id in open { finish(id, with: .failure(EmbeddingError.shutDown)) }
        monitor.wait(on: .results) { state in state.liveThreads == 0 ? () : nil }
    }

    /// Lets the threads end once nothing waits any more.
    func stop() {
        monitor.withLock(waking: .all) { $0.isStopping = true }
    }

    /// Texts whose vectors were computed so far, not known.
    var computedTexts: Int { monitor.withLock { $0.computedTexts } }

    // MARK: Requests

    /// Blocks the calling thread until all vectors are there; `progress` runs on it, with the number done so far.
    func embedBlocking(
        _ texts: [String], prefix: String, priority: BatchScheduler.Priority, progress: ((Int) -> Void)?
    ) throws(EmbeddingError) -> [[Float]] {
        let request = request(texts, prefix)
        if request.isKnown {
            try checkRunning()
            if !texts.isEmpty { progress?(texts.count) }
            return request.vectors
        }
        let id = try submit(request, priority: priority)
        var reported = 0
        while true {
            let (done, outcome): (Int, Outcome?) = monitor.wait(on: .results) { state in
                guard let request = state.requests[id] else { preconditionFailure("request \(id) is lost") }
                if let outcome = request.outcome {
                    state.requests[id] = nil
                    return (request.doneCount, outcome)
                }
                return progress != nil && request.doneCount > reported ? (request.doneCount, nil) : nil
            }
            if done > reported {
                reported = done
                progress?(done)
            }
            switch outcome {
            case .success(let vectors): return vectors
            case .failure(let error as EmbeddingError): throw error
            case .failure(let error): preconditionFailure("a blocking request ended with \(error)")
            case nil: continue
            }
        }
    }

    /// Suspends until all vectors are there. Cancelling the task drops what has not started.
    func embed(_ texts: [String], prefix: String, priority: BatchScheduler.Priority) async throws -> [[Float]] {
        try Task.checkCancellation()
        let request = request(texts, prefix)
        if request.isKnown {
            try checkRunning()
            return request.vectors
        }
        let ticket = Ticket()
        return try await withTaskCancellationHandler {
            let outcome: Outcome = await withCheckedContinuation { continuation in
                var request = request
                request.continuation = continuation
                do {
                    let id = try submit(request, priority: priority)
                    if ticket.assign(id) { cancel(id) }
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            return try outcome.get()
        } onCancel: {
            if let id = ticket.cancel() { cancel(id) }
        }
    }

    /// A request with the vectors that are known already.
    private func request(_ texts: [String], _ prefix: String) -> Request {
        var request = Request(
            texts: texts, prefix: prefix, vectors: [[Float]](repeating: [], count: texts.count), missing: [],
            remaining: 0)
        for (index, text) in texts.enumerated() {
            let key = cache.isEnabled ? VectorCache.Key(text, prefix: prefix) : nil
            if let key, let vector = cache[key] {
                request.vectors[index] = vector
            } else {
                request.missing.append((index, key))
            }
        }
        request.remaining = request.missing.count
        return request
    }

    private func checkRunning() throws(EmbeddingError) {
        if monitor.withLock({ $0.isStopping }) { throw .shutDown }
    }

    /// Returns the request's number.
    private func submit(_ request: Request, priority: BatchScheduler.Priority) throws(EmbeddingError) -> Int {
        try monitor.withLock(waking: priority == .question ? .questions : .bulk) {
            (state: inout State) throws(EmbeddingError) -> Int in
            if state.isStopping { throw .shutDown }
            let id = state.lastRequest + 1
            try state.scheduler.submit(request: id, count: request.remaining, priority: priority)
            state.lastRequest = id
            if priority == .question { state.questionCount += 1 }
            state.requests[id] = request
            return id
        }
    }

    private func cancel(_ id: Int) {
        finish(id, with: .failure(CancellationError()))
    }

    /// Ends a request once; later results for it are dropped.
    private func finish(_ id: Int, with outcome: Outcome) {
        let continuation = monitor.withLock(waking: .results) { state -> CheckedContinuation<Outcome, Never>? in
            guard var request = state.requests[id], request.outcome == nil else { return nil }
            if request.remaining > 0 { state.scheduler.cancel(request: id) }
            if let continuation = request.continuation {
                state.requests[id] = nil
                return continuation
            }
            request.outcome = outcome
            state.requests[id] = request
            return nil
        }
        continuation?.resume(returning: outcome)
    }

    // MARK: Threads

    private func workInBulk() {
        lowerPriorityOfThisThread()
        let shared = SharedActivations()
        var own = Activations()
        while let work = nextWork(.bulk) {
            switch work {
            case .tokenize(let references): tokenize(references, .bulk)
            case .run(let sequences):
                let batch = TokenBatch(sequences.map(\.ids))
                model.forward(batch, shared, &own)
                deliver(batch, of: sequences, shared.hidden)
            }
        }
    }

    private func answerQuestions() {
        let shared = SharedActivations()
        var own = Activations()
        while let work = nextWork(.question) {
            switch work {
            case .tokenize(let references): tokenize(references, .question)
            case .run(let sequences):
                let batch = TokenBatch(sequences.map(\.ids))
                let wanted = min(helpers.count, max(0, batch.tokenCount / Self.minimumTokensPerMember - 1))
                shared.reserve(tokens: batch.tokenCount, memberCount: 1 + wanted, model.configuration)
                let claimed = helpers.prefix(wanted).filter { $0.claim() }
                let team = Team(memberCount: 1 + claimed.count)
                for (index, helper) in claimed.enumerated() {
                    helper.start(.init(batch: batch, team: team, member: index + 1, activations: shared))
                }
                model.forward(batch, member: 0, of: team, shared, &own)
                deliver(batch, of: sequences, shared.hidden)
            }
        }
    }

    private func help(_ helper: TeamHelper) {
        var own = Activations()
        var seen = 0
        while true {
            let isStopping = monitor.wait(on: .questions) { state -> Bool? in
                if state.isStopping { return true }
                if state.questionCount == seen { return nil }
                seen = state.questionCount
                return false
            }
            if isStopping { return }
            helper.standBy { job in
                model.forward(job.batch, member: job.member, of: job.team, job.activations, &own)
            }
        }
    }

    private func nextWork(_ priority: BatchScheduler.Priority) -> BatchScheduler.Work? {
        monitor.wait(on: priority == .question ? .questions : .bulk) { state -> BatchScheduler.Work?? in
            if let work = state.scheduler.next(priority) { return .some(work) }
            return state.isStopping ? .some(nil) : nil
        }
    }

    private func tokenize(_ references: [BatchScheduler.TextReference], _ priority: BatchScheduler.Priority) {
        let texts = monitor.withLock { state in
            references.map { reference in
                state.requests[reference.request].map { request in
                    (prefix: request.prefix, text: request.texts[request.missing[reference.index].index])
                }
            }
        }
        var sequences: [BatchScheduler.Sequence] = []
        for (reference, text) in zip(references, texts) {
            guard let (prefix, text) = text else { continue }  // cancelled meanwhile
            var ids: [Int32] = []
            tokenizer.encodeIDs(
                prefix.isEmpty ? text : prefix + text, maximumTokens: maximumTokens, into: &ids)
            sequences.append(.init(text: reference, ids: ids))
        }
        monitor.withLock(waking: priority == .bulk ? .bulk : []) { state in
            let wanted = sequences.filter { state.requests[$0.text.request].map { $0.outcome == nil } ?? false }
            state.scheduler.add(wanted, priority: priority)
        }
    }

    /// Pools the tokens of a batch and gives the vectors to their requests.
    private func deliver(_ batch: TokenBatch, of sequences: [BatchScheduler.Sequence], _ hidden: ActivationMatrix) {
        var results: [(BatchScheduler.TextReference, [Float])] = []
        for (i, sequence) in sequences.enumerated() {
            let range = batch.range(i)
            var vector: [Float] = []
            let norm = hidden.withRows(range) {
                pooling.pool($0, length: range.count, size: model.configuration.hiddenSize, into: &vector)
            }
            if norm > 0, norm.isFinite {
                results.append((sequence.text, vector))
            } else {
                let error = model.weights.findNotFinite() ?? .vectorNotUsable(norm: "\(norm)", path: model.weights.path)
                finish(sequence.text.request, with: .failure(error))
            }
        }
        deliver(results)
    }

    private func deliver(_ results: [(BatchScheduler.TextReference, [Float])]) {
        var known: [(VectorCache.Key, [Float])] = []
        let finished = monitor.withLock(waking: .results) { state in
            var finished: [Int: [[Float]]] = [:]
            state.computedTexts += results.count
            for (reference, vector) in results {
                let id = reference.request
                guard let (index, key) = state.requests[id]?.missing[reference.index] else { continue }
                if let key { known.append((key, vector)) }
                state.requests[id]?.vectors[index] = vector
                state.requests[id]?.remaining -= 1
                if let request = state.requests[id], request.remaining == 0 { finished[id] = request.vectors }
            }
            return finished
        }
        for (key, vector) in known { cache.insert(vector, key) }
        for (id, vectors) in finished { finish(id, with: .success(vectors)) }
    }
}

extension Monitor.Channels {
    /// Of the threads that do questions, those that do bulk work, and the callers.
    fileprivate static var questions: Self { Self(rawValue: 1) }
    fileprivate static var bulk: Self { Self(rawValue: 2) }
    fileprivate static var results: Self { Self(rawValue: 4) }
    fileprivate static var all: Self { [.questions, .bulk, .results] }
}

/// Brings together a request's number and the cancellation of its task, whichever comes first.
private final class Ticket: Sendable {
    private let state = Monitor<(id: Int?, isCancelled: Bool)>((nil, false))

    /// Returns whether the task was cancelled before.
    func assign(_ id: Int) -> Bool {
        state.withLock {
            $0.id = id
            return $0.isCancelled
        }
    }

    /// Returns the request to cancel if it is known by now.
    func cancel() -> Int? {
        state.withLock {
            $0.isCancelled = true
            return $0.id
        }
    }
}
