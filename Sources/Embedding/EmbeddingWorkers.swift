import Kernels

/// The embedder's own threads and the requests they work on.
///
/// `workers` threads do everything, questions first; one more does questions alone, so that a question that arrives
/// while all of them are inside a bulk batch shares a core at once instead of waiting for the batch to end. Each
/// thread owns its activations.
final class EmbeddingWorkers: Sendable {
    typealias Outcome = Result<[[Float]], any Error>

    private struct Request {
        var texts: [String]
        var prefix: String
        var vectors: [[Float]]
        var remaining: Int
        /// Set by `finish`; a blocking caller takes it from here.
        var outcome: Outcome?
        var continuation: CheckedContinuation<Outcome, Never>?
    }

    private struct State {
        var scheduler: BatchScheduler
        var requests: [Int: Request] = [:]
        var lastRequest = 0
        var isStopping = false
        var liveThreads = 0
    }

    private let monitor: Monitor<State>
    private let model: BERTModel
    private let tokenizer: BERTTokenizer
    private let pooling: Pooling
    private let maximumTokens: Int

    init(folder: ModelFolder, precision: EmbeddingPrecision, workers: Int) throws(EmbeddingError) {
        model = try BERTModel(configuration: folder.configuration, weights: folder.weights, precision: precision)
        tokenizer = folder.tokenizer
        pooling = folder.pooling
        maximumTokens = folder.maximumTokens
        monitor = Monitor(State(scheduler: BatchScheduler(workers: workers)))
        do {
            for number in 0...workers { try start(questionsOnly: number == workers) }
        } catch {
            stop()
            throw error
        }
    }

    private func start(questionsOnly: Bool) throws(EmbeddingError) {
        monitor.withLock { $0.liveThreads += 1 }
        do throws(EmbeddingError) {
            try startThread {
                self.work(questionsOnly: questionsOnly)
                self.monitor.withLock { $0.liveThreads -= 1 }
            }
        } catch {
            monitor.withLock { $0.liveThreads -= 1 }
            throw error
        }
    }

    /// Gives up what waits and returns once no thread is left.
    func shutDown() {
        let open = monitor.withLock { state in
            state.isStopping = true
            return Array(state.requests.keys)
        }
        for id in open { finish(id, with: .failure(EmbeddingError.shutDown)) }
        monitor.wait { state in state.liveThreads == 0 ? () : nil }
    }

    /// Lets the threads end once nothing waits any more.
    func stop() {
        monitor.withLock { $0.isStopping = true }
    }

    /// Blocks the calling thread until all vectors are there; `progress` runs on it, with the number done so far.
    func embedBlocking(
        _ texts: [String], prefix: String, priority: BatchScheduler.Priority, progress: ((Int) -> Void)?
    ) throws(EmbeddingError) -> [[Float]] {
        if texts.isEmpty { return [] }
        let id = try submit(texts, prefix: prefix, priority: priority, continuation: nil)
        var reported = 0
        while true {
            let (done, outcome): (Int, Outcome?) = monitor.wait { state in
                guard let request = state.requests[id] else { preconditionFailure("request \(id) is lost") }
                let done = request.texts.count - request.remaining
                if let outcome = request.outcome {
                    state.requests[id] = nil
                    return (done, outcome)
                }
                return progress != nil && done > reported ? (done, nil) : nil
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
        if texts.isEmpty { return [] }
        let ticket = Ticket()
        return try await withTaskCancellationHandler {
            let outcome: Outcome = await withCheckedContinuation { continuation in
                do {
                    let id = try submit(texts, prefix: prefix, priority: priority, continuation: continuation)
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

    private func submit(
        _ texts: [String], prefix: String, priority: BatchScheduler.Priority,
        continuation: CheckedContinuation<Outcome, Never>?
    ) throws(EmbeddingError) -> Int {
        try monitor.withLock { (state: inout State) throws(EmbeddingError) -> Int in
            if state.isStopping { throw .shutDown }
            let id = state.lastRequest + 1
            try state.scheduler.submit(request: id, count: texts.count, priority: priority)
            state.lastRequest = id
            state.requests[id] = Request(
                texts: texts, prefix: prefix, vectors: [[Float]](repeating: [], count: texts.count),
                remaining: texts.count, outcome: nil, continuation: continuation)
            return id
        }
    }

    private func cancel(_ id: Int) {
        finish(id, with: .failure(CancellationError()))
    }

    /// Ends a request once; later results for it are dropped.
    private func finish(_ id: Int, with outcome: Outcome) {
        let continuation = monitor.withLock { state -> CheckedContinuation<Outcome, Never>? in
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

    private func work(questionsOnly: Bool) {
        var activations = Activations()
        while let work = nextWork(questionsOnly) {
            switch work {
            case .tokenize(let references, let priority): tokenize(references, priority)
            case .run(let sequences): run(sequences, &activations)
            }
        }
    }

    private func nextWork(_ questionsOnly: Bool) -> BatchScheduler.Work? {
        monitor.wait { state -> BatchScheduler.Work?? in
            if let work = state.scheduler.next(questionsOnly: questionsOnly) { return .some(work) }
            return state.isStopping ? .some(nil) : nil
        }
    }

    private func tokenize(_ references: [BatchScheduler.TextReference], _ priority: BatchScheduler.Priority) {
        let texts = monitor.withLock { state in
            references.map { reference in
                state.requests[reference.request].map { request in
                    let text = request.texts[reference.index]
                    return request.prefix.isEmpty ? text : request.prefix + text
                }
            }
        }
        var sequences: [BatchScheduler.Sequence] = []
        for (reference, text) in zip(references, texts) {
            guard let text else { continue }  // cancelled meanwhile
            let ids = tokenizer.encode(text, maximumTokens: maximumTokens).ids
            sequences.append(.init(text: reference, ids: ids))
        }
        monitor.withLock { state in
            let wanted = sequences.filter { state.requests[$0.text.request].map { $0.outcome == nil } ?? false }
            state.scheduler.add(wanted, priority: priority)
        }
    }

    private func run(_ sequences: [BatchScheduler.Sequence], _ activations: inout Activations) {
        let batch = TokenBatch(sequences.map(\.ids))
        model.forward(batch, &activations)
        let size = model.configuration.hiddenSize
        var results: [(BatchScheduler.TextReference, [Float])] = []
        for i in 0..<batch.sequenceCount {
            let range = batch.range(i)
            var vector: [Float] = []
            let norm = pooling.pool(
                activations.hidden.span.extracting((range.lowerBound * size)..<(range.upperBound * size)),
                length: range.count, size: size, into: &vector)
            if norm > 0, norm.isFinite {
                results.append((sequences[i].text, vector))
            } else {
                let error = model.findNotFinite() ?? .vectorNotUsable(norm: "\(norm)", path: model.weights.path)
                finish(sequences[i].text.request, with: .failure(error))
            }
        }
        deliver(results)
    }

    private func deliver(_ results: [(BatchScheduler.TextReference, [Float])]) {
        let finished = monitor.withLock { state in
            var finished: [Int: [[Float]]] = [:]
            for (reference, vector) in results {
                let id = reference.request
                guard state.requests[id] != nil else { continue }
                state.requests[id]?.vectors[reference.index] = vector
                state.requests[id]?.remaining -= 1
                if let request = state.requests[id], request.remaining == 0 { finished[id] = request.vectors }
            }
            return finished
        }
        for (id, vectors) in finished { finish(id, with: .success(vectors)) }
    }
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
