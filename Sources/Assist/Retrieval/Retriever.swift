import Embedding
import Store
import VectorStore

/// What to look for, and among which documents.
public struct RetrievalRequest: Sendable {
    /// The question by itself or made stand-alone by earlier turns.
    public var question: String
    public var limit: Int
    /// Permissions and the caller's filters: applied before the search, so nothing else is ever looked at.
    public var documents: DocumentQuery
    /// Each group: at least one of these phrases must occur in a passage, its section or its document's title.
    public var requiredMentions: [[String]]

    public init(
        question: String, limit: Int, documents: DocumentQuery = DocumentQuery(), requiredMentions: [[String]] = []
    ) {
        self.question = question
        self.limit = limit
        self.documents = documents
        self.requiredMentions = requiredMentions
    }
}

/// What was found, best first, and at what cost.
public struct Retrieval: Sendable {
    public let passages: [RetrievedPassage]
    /// The words that were looked up, with their weight: rare words count more.
    public let terms: [WeightedTerm]
    /// Unit-length vector of the question.
    public let questionVector: [Float]
    public let plan: SearchPlan
    public let generation: Int
    public let milliseconds: Double
}

/// A word of the question and its inverse document frequency.
public struct WeightedTerm: Sendable, Hashable {
    public let word: String
    /// BM25's logarithmic weight, above 0.
    public let weight: Double
}

/// Finds the passages that may answer a question: by meaning and by words, fused.
public struct Retriever: Sendable {
    let collection: VectorCollection
    let embedder: Embedder
    let database: any Database
    var fusion = RankFusion.standard

    /// Candidates taken from each ranking before fusion.
    private static let candidatesPerRanking = 60
    /// How many more are taken when required mentions will thin them out.
    private static let mentionFactor = 8

    /// A rebuild or a new version of a document may commit between the steps of one retrieval; then it is done again.
    func retrieve(_ request: RetrievalRequest) async throws -> Retrieval {
        let (first, isWhole) = try await retrieveOnce(request)
        return isWhole ? first : try await retrieveOnce(request).retrieval
    }

    private func retrieveOnce(_ request: RetrievalRequest) async throws -> (retrieval: Retrieval, isWhole: Bool) {
        let clock = ContinuousClock()
        let start = clock.now
        let filter = try await filter(for: request.documents)
        guard let vector = try await embedder.embed([request.question], purpose: .query, priority: .question).first
        else { throw AssistError.noVector }
        let words = QueryTerms.terms(of: request.question)
        let factor = request.requiredMentions.isEmpty ? 1 : Self.mentionFactor
        let wanted = max(request.limit, Self.candidatesPerRanking) * factor
        async let vectorHits = collection.nearest(to: vector, k: wanted, matching: filter)
        async let keywordHits = collection.matching(anyOf: words, limit: wanted, matching: filter)
        async let termWeights = collection.termWeights(words)
        let (near, matching, weights) = try await (vectorHits, keywordHits, termWeights)

        let ideal = weights.reduce(0, +)
        let keywordScores = Dictionary(
            matching.map { ($0.id, ideal > 0 ? min(1, $0.score / ideal) : 0) }, uniquingKeysWith: max)
        var cosines = Dictionary(near.records.map { ($0.id, $0.score) }, uniquingKeysWith: max)
        let unknown = matching.map(\.id).filter { cosines[$0] == nil }
        for hit in try await collection.scores(of: unknown, against: vector) { cosines[hit.id] = hit.score }

        let ranked =
            cosines.map { id, cosine in
                ScoredRecord(id: id, score: fusion.score(vector: cosine, keyword: keywordScores[id] ?? 0))
            }
            .sorted { $0.score != $1.score ? $0.score > $1.score : $0.id < $1.id }
            .prefix(request.requiredMentions.isEmpty ? request.limit : wanted)
        let found = try await passages(Array(ranked), cosines: cosines, keywordScores: keywordScores)
        let passages =
            found
            .filter { passage in request.requiredMentions.allSatisfy { passage.mentions(anyOf: $0) } }
            .prefix(request.limit)
        let retrieval = Retrieval(
            passages: Array(passages), terms: zip(words, weights).map { WeightedTerm(word: $0, weight: $1) },
            questionVector: vector, plan: near.plan, generation: collection.description.generation,
            milliseconds: (clock.now - start).milliseconds)
        return (retrieval, found.count == ranked.count)
    }

    /// The records that the caller may see.
    private func filter(for documents: DocumentQuery) async throws -> RecordFilter {
        if documents.isUnrestricted { return RecordFilter() }
        let ids = try await database.read { try DocumentCatalog.ids(documents, in: $0) }
        return RecordFilter(documents: Set(ids))
    }

    private func passages(
        _ ranked: [ScoredRecord], cosines: [Int64: Double], keywordScores: [Int64: Double]
    ) async throws -> [RetrievedPassage] {
        let records = try await collection.records(ranked.map(\.id))
        let scores = Dictionary(ranked.map { ($0.id, $0.score) }, uniquingKeysWith: max)
        let documentIDs = Set(records.compactMap(\.documentID))
        let documents = try await database.read { transaction in
            try documentIDs.compactMap { try DocumentCatalog.find($0, in: transaction) }
        }
        let byID = Dictionary(documents.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        return records.compactMap { record in
            guard let document = record.documentID.flatMap({ byID[$0] }),
                let place = PassagePlace(metadata: record.metadata)
            else { return nil }
            return RetrievedPassage(
                recordID: record.id, key: record.key, documentID: document.id, documentTitle: document.title,
                filename: document.filename, documentVersion: document.version, text: record.text ?? "", place: place,
                score: scores[record.id] ?? 0, vectorScore: max(0, cosines[record.id] ?? 0),
                keywordScore: keywordScores[record.id] ?? 0)
        }
    }
}

extension Duration {
    /// This duration in milliseconds, with fractions.
    public var milliseconds: Double {
        Double(components.seconds) * 1_000 + Double(components.attoseconds) / 1e15
    }
}
