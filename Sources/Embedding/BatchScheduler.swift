/// Decides what the workers do next: a pure state machine, without locks, threads or time.
///
/// Texts wait by priority and are taken in the order of their arrival, `textsPerPiece` at a time, for tokenizing;
/// the sequences of a piece are sorted by length, longest first, and wait to be packed, across requests, into batches
/// of up to `tokensPerBatch`. Questions and bulk work have queues, and threads, of their own. Nothing waits for a batch to
/// fill: a batch of a few tokens already runs at most of the full speed.
struct BatchScheduler {
    /// Urgent: someone waits for an answer; or not.
    enum Priority: Int, Sendable {
        case question, bulk
    }

    /// A text of a request by its position there.
    struct TextReference: Hashable, Sendable {
        var request: Int
        var index: Int
    }

    struct Sequence: Sendable {
        var text: TextReference
        var ids: [Int32]
    }

    enum Work: Sendable {
        case tokenize([TextReference])
        case run([Sequence])
    }

    /// Texts that may wait, over all requests.
    static let maximumWaitingTexts = 1_000_000
    /// Texts tokenized in one go.
    static let textsPerPiece = 64
    /// Queries, keys and values of a batch should stay near the second-level cache; products need no more rows.
    static let tokensPerBatch = 256
    /// A batch is not made smaller than this for the sake of keeping all workers busy.
    static let minimumTokensPerBatch = 48

    /// Workers among which the end of a request is shared out.
    let workers: Int
    private(set) var waitingTexts = 0
    private var queues = [Queue(), Queue()]

    private struct Queue {
        var pending: [(request: Int, texts: Range<Int>)] = []
        var ready: [Sequence] = []
        var readyTokens = 0
    }

    init(workers: Int) {
        self.workers = workers
    }

    /// Adds the texts `0..<count` of a request.
    mutating func submit(request: Int, count: Int, priority: Priority) throws(EmbeddingError) {
        guard count <= Self.maximumWaitingTexts - waitingTexts else {
            throw .queueFull(waitingTexts: waitingTexts, limit: Self.maximumWaitingTexts)
        }
        guard count > 0 else { return }
        waitingTexts += count
        queues[priority.rawValue].pending.append((request, 0..<count))
    }

    /// The next thing to do; nil when nothing waits.
    mutating func next(_ priority: Priority) -> Work? {
        let queue = queues[priority.rawValue]
        if !queue.pending.isEmpty, queue.readyTokens < Self.tokensPerBatch {
            return .tokenize(takePiece(priority))
        }
        return queue.ready.isEmpty ? nil : .run(takeBatch(priority))
    }

    /// Takes back the sequences of a tokenized piece.
    mutating func add(_ sequences: [Sequence], priority: Priority) {
        let sorted = sequences.sorted { $0.ids.count > $1.ids.count }
        queues[priority.rawValue].ready += sorted
        queues[priority.rawValue].readyTokens += sorted.reduce(0) { $0 + $1.ids.count }
        waitingTexts += sequences.count
    }

    /// Forgets what still waits of a request.
    mutating func cancel(request: Int) {
        for i in queues.indices {
            for (other, texts) in queues[i].pending where other == request { waitingTexts -= texts.count }
            queues[i].pending.removeAll { $0.request == request }
            let before = queues[i].ready.count
            queues[i].ready.removeAll { $0.text.request == request }
            waitingTexts -= before - queues[i].ready.count
            queues[i].readyTokens = queues[i].ready.reduce(0) { $0 + $1.ids.count }
        }
    }

    private mutating func takePiece(_ priority: Priority) -> [TextReference] {
        var piece: [TextReference] = []
        var finished = 0
        for i in queues[priority.rawValue].pending.indices {
            let (request, texts) = queues[priority.rawValue].pending[i]
            let taken = texts.prefix(Self.textsPerPiece - piece.count)
            piece += taken.map { TextReference(request: request, index: $0) }
            if taken.upperBound < texts.upperBound {
                queues[priority.rawValue].pending[i].texts = taken.upperBound..<texts.upperBound
                break
            }
            finished += 1
        }
        queues[priority.rawValue].pending.removeFirst(finished)
        waitingTexts -= piece.count
        return piece
    }

    /// The first sequences up to the budget, at least one. When all bulk work that waits is ready, workers share it out.
    private mutating func takeBatch(_ priority: Priority) -> [Sequence] {
        let queue = queues[priority.rawValue]
        let share = (queue.readyTokens + workers - 1) / workers
        let budget =
            priority == .bulk && queue.pending.isEmpty
            ? min(Self.tokensPerBatch, max(Self.minimumTokensPerBatch, share)) : Self.tokensPerBatch
        var tokens = 0
        let batch = queue.ready.prefix { sequence in
            let fits = tokens == 0 || tokens + sequence.ids.count <= budget
            tokens += sequence.ids.count
            return fits
        }
        queues[priority.rawValue].ready.removeFirst(batch.count)
        queues[priority.rawValue].readyTokens -= batch.reduce(0) { $0 + $1.ids.count }
        waitingTexts -= batch.count
        return Array(batch)
    }
}
