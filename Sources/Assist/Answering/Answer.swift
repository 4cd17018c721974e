/// Whether and how well a question was answered.
public enum AnswerStatus: String, Sendable, Hashable {
    case answered, partial, refused
}

/// Why there is no answer.
public enum RefusalReason: String, Sendable, Hashable {
    /// No passage is relevant enough.
    case noEvidence = "no_evidence"
    /// Passages are near, but none of their sentences answers.
    case unsupported

    public var detail: String {
        switch self {
        case .noEvidence: "No passage that you may read answers this question."
        case .unsupported: "The closest passages do not answer this question."
        }
    }
}

/// An answer with its evidence, or an honest refusal.
public struct Answer: Sendable {
    public let status: AnswerStatus
    /// Sentences with their markers; empty when refused.
    public let text: String
    public let refusal: RefusalReason?
    /// What was retrieved, best first; marker n is element n − 1.
    public let passages: [RetrievedPassage]
    /// The first so many passages are relevant enough to be evidence: all that the generator was given.
    public let evidenceCount: Int
    /// In order of the sentences.
    public let citations: [Citation]
    public let intent: Intent
    /// 0…1 by the contract's formula; 0 when refused.
    public let confidence: Double
    public let coverage: Double
    public let warnings: [String]
    public let promptTokens: Int
    public let completionTokens: Int
    public let retrievalMilliseconds: Double
    public let generationMilliseconds: Double
    public let totalMilliseconds: Double
    public let provider: String
    public let model: String
    /// Generation of the collection that was searched.
    public let generation: Int
}

/// How far to trust an answer.
enum Confidence {
    /// 0.50 × best cited score + 0.30 × coverage + 0.20 × min(1, distinct cited records / 3).
    static func of(citedScores: [Double], coverage: Double, distinctRecords: Int) -> Double {
        let best = citedScores.max() ?? 0
        return 0.5 * best + 0.3 * coverage + 0.2 * min(1, Double(distinctRecords) / 3)
    }
}
