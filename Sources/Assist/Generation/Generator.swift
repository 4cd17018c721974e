/// What a generator is given: the question and the numbered passages, nothing else.
public struct GenerationRequest: Sendable {
    public let question: String
    public let retrieval: Retrieval
    /// The passages that may be used; marker n is element n − 1.
    public let passages: [RetrievedPassage]
    public let maximumOutputTokens: Int
}

/// One sentence of a draft with what it claims to rest on.
public struct DraftSentence: Sendable, Hashable {
    /// Without markers.
    public let text: String
    public let citations: [Citation]

    public init(text: String, citations: [Citation]) {
        self.text = text
        self.citations = citations
    }
}

/// What a generator proposes; nothing of it leaves before ``Grounding`` has checked it. Empty: nothing answers.
public struct Draft: Sendable, Hashable {
    public let sentences: [DraftSentence]

    public init(sentences: [DraftSentence]) {
        self.sentences = sentences
    }
}

/// Writes answers from passages. One provider a type.
public protocol Generator: Sendable {
    /// Who runs it, such as `local`.
    var provider: String { get }
    var model: String { get }

    func draft(_ request: GenerationRequest) async throws -> Draft
}
