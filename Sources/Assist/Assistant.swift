import Embedding
import Store
import VectorStore

/// A question with all that bears on its answer.
public struct Question: Sendable {
    public var text: String
    /// Earlier turns of the same conversation, oldest first.
    public var history: [Turn]
    /// Which documents the caller may see and wants to use.
    public var documents: DocumentQuery
    /// Each group: at least one of these phrases must occur in a passage, its section or its document's title.
    public var requiredMentions: [[String]] = []
    /// Passages given to the generator.
    public var passageLimit = 8
    /// Passages below this calibrated relevance are no evidence.
    public var minimumScore = 0.35
    public var maximumOutputTokens = 800

    public struct Turn: Sendable, Hashable {
        public enum Role: String, Sendable, Hashable { case user, assistant }
        public let role: Role
        public let text: String

        public init(role: Role, text: String) {
            self.role = role
            self.text = text
        }
    }

    public init(_ text: String, history: [Turn] = [], documents: DocumentQuery = DocumentQuery()) {
        self.text = text
        self.history = history
        self.documents = documents
    }

    /// The question with the user's last turn in front: a follow-up alone names nothing to look for.
    var standAloneText: String {
        guard let last = history.last(where: { $0.role == .user }) else { return text }
        return last.text + " " + text
    }
}

/// Answers questions from the knowledge base: retrieve, generate, check, or abstain.
public struct Assistant: Sendable {
    private let retriever: Retriever
    private let generator: any Generator
    private let embedder: Embedder

    public init(
        collection: VectorCollection, embedder: Embedder, database: any Database,
        generator: (any Generator)? = nil
    ) {
        retriever = Retriever(collection: collection, embedder: embedder, database: database)
        self.generator = generator ?? ExtractiveGenerator(embedder: embedder)
        self.embedder = embedder
    }

    /// The ranked passages alone, best first.
    public func retrieve(_ question: Question, limit: Int) async throws -> Retrieval {
        try await retriever.retrieve(
            RetrievalRequest(
                question: question.standAloneText, limit: limit, documents: question.documents,
                requiredMentions: question.requiredMentions))
    }

    public func answer(_ question: Question) async throws -> Answer {
        let clock = ContinuousClock()
        let start = clock.now
        let retrieval = try await retrieve(question, limit: question.passageLimit)
        let evidence = retrieval.passages.filter { $0.score >= question.minimumScore }
        var draft = Draft(sentences: [])
        let generationStart = clock.now
        if !evidence.isEmpty {
            draft = try await generator.draft(
                GenerationRequest(
                    question: question.standAloneText, retrieval: retrieval, passages: evidence,
                    maximumOutputTokens: question.maximumOutputTokens))
        }
        let generationMilliseconds = (clock.now - generationStart).milliseconds
        let grounded = Grounding.verify(draft, against: evidence)
        let refusal: RefusalReason? =
            evidence.isEmpty ? .noEvidence : grounded.sentences.isEmpty ? .unsupported : nil
        let text = grounded.sentences
            .map { "\($0.text) \($0.citations.map { "[\($0.marker)]" }.joined())" }.joined(separator: " ")
        let citations = grounded.sentences.flatMap(\.citations)
        let cited = Set(citations.map(\.marker))
        return Answer(
            status: refusal != nil ? .refused : grounded.coverage >= 0.8 ? .answered : .partial,
            text: text, refusal: refusal, passages: retrieval.passages, evidenceCount: evidence.count,
            citations: citations,
            intent: Intent(question: question.text),
            confidence: refusal != nil
                ? 0
                : Confidence.of(
                    citedScores: cited.map { evidence[$0 - 1].score }, coverage: grounded.coverage,
                    distinctRecords: Set(cited.map { evidence[$0 - 1].documentID }).count),
            coverage: grounded.coverage, warnings: Self.warnings(retrieval, grounded),
            promptTokens: promptTokens(question, evidence),
            completionTokens: refusal == nil ? embedder.countTokens(text) : 0,
            retrievalMilliseconds: retrieval.milliseconds, generationMilliseconds: generationMilliseconds,
            totalMilliseconds: (clock.now - start).milliseconds, provider: generator.provider,
            model: generator.model, generation: retrieval.generation)
    }

    private static func warnings(_ retrieval: Retrieval, _ grounded: Grounding.Result) -> [String] {
        var warnings: [String] = []
        if grounded.coverage < 1 { warnings.append("Sentences without support in their source were left out.") }
        if retrieval.plan == .rows {
            warnings.append("The index is being rebuilt; this answer took longer and is complete.")
        }
        return warnings
    }

    /// Tokens of the question and of the passages, whose counts are stored with them.
    private func promptTokens(_ question: Question, _ passages: [RetrievedPassage]) -> Int {
        embedder.countTokens(question.text) + passages.reduce(0) { $0 + ($1.place.tokenCount ?? 0) }
    }
}
