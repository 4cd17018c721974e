import Embedding
import Ingest

/// The generator that needs no model server: it quotes the sentences that answer, word for word.
///
/// Sentences of the passages are scored by the words they share with the question (rare ones count more),
/// by the cosine of their vectors and by the worth of their passage; the best ones are kept in reading order.
public struct ExtractiveGenerator: Generator {
    public let provider = "local"
    public let model = "extractive-1"
    let embedder: Embedder

    /// Sentences whose vectors are made: each costs some tenths of a millisecond to a few.
    private static let embeddedSentences = 16
    private static let maximumSentences = 4
    /// Longest answer in characters: what one can read at a glance.
    private static let maximumCharacters = 1_000
    /// English prose, roughly; the caller's limit is in tokens.
    private static let charactersPerToken = 4
    /// A sentence below this share of the best one's score is left out.
    private static let shareOfBest = 0.80
    /// Below this score the best sentence answers nothing.
    private static let minimumScore = 0.40
    private static let minimumCharacters = 15
    /// A line of prose without an end that is longer than this many scalars is a sentence all the same.
    private static let longestHeading = 80

    public init(embedder: Embedder) {
        self.embedder = embedder
    }

    public func draft(_ request: GenerationRequest) async throws -> Draft {
        let question = QuestionWords(request.retrieval.terms)
        var candidates = request.passages.enumerated().flatMap { index, passage in
            Self.sentences(of: passage, marker: index + 1).map { sentence in
                Candidate(
                    sentence: sentence, passage: index, overlap: question.overlap(with: sentence.meaning),
                    passageScore: passage.score)
            }
        }
        candidates.sort { $0.cheapScore != $1.cheapScore ? $0.cheapScore > $1.cheapScore : $0 < $1 }
        candidates = Array(candidates.prefix(Self.embeddedSentences))
        guard !candidates.isEmpty else { return Draft(sentences: []) }

        let vectors = try await embedder.embed(
            candidates.map(\.sentence.meaning), purpose: .passage, priority: .question)
        for (index, vector) in zip(candidates.indices, vectors) {
            candidates[index].cosine = Self.cosine(vector, request.retrieval.questionVector)
        }
        return Draft(
            sentences: Self.choose(
                candidates,
                maximumCharacters: min(
                    Self.maximumCharacters, request.maximumOutputTokens * Self.charactersPerToken)))
    }

    /// The best sentences, best first, each text once.
    private static func choose(_ candidates: [Candidate], maximumCharacters: Int) -> [DraftSentence] {
        let ranked = candidates.sorted { $0.score != $1.score ? $0.score > $1.score : $0 < $1 }
        guard let best = ranked.first, best.score >= minimumScore else { return [] }
        var chosen: [Candidate] = []
        var characters = 0
        for candidate in ranked where candidate.score >= best.score * shareOfBest {
            let length = candidate.sentence.citation.quote.count
            guard chosen.count < maximumSentences else { break }
            guard chosen.isEmpty || characters + length <= maximumCharacters else { continue }
            guard !chosen.contains(where: { $0.plainText == candidate.plainText }) else { continue }
            chosen.append(candidate)
            characters += length
        }
        return chosen.map { DraftSentence(text: $0.plainText, citations: [$0.sentence.citation]) }
    }

    /// What can be quoted of a passage: sentences of prose, whole rows of tables. Headings and questions answer
    /// nothing themselves; they say what the sentence after them is about.
    private static func sentences(of passage: RetrievedPassage, marker: Int) -> [QuotableSentence] {
        let scalars = Array(passage.text.unicodeScalars)
        var lead: String?
        var result: [QuotableSentence] = []
        for span in SentenceBoundaries.sentences(of: passage.text) where span.end <= scalars.count {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: scalars[span.start..<span.end])
            let quote = String(view)
            if isLead(quote) {
                lead = quote
                continue
            }
            guard span.count >= minimumCharacters else { continue }
            let citation = Citation(
                marker: marker, quote: quote, characterStart: passage.place.characterStart + span.start,
                characterEnd: passage.place.characterStart + span.end)
            result.append(QuotableSentence(citation: citation, lead: lead))
            if passage.place.rowStart == nil, !quote.contains(" | ") { lead = nil }
        }
        return result
    }

    /// A question, or a short line without an end: a heading.
    private static func isLead(_ text: String) -> Bool {
        guard let last = text.last(where: { !$0.isWhitespace }) else { return true }
        if last == "?" || last == "؟" { return true }
        let isShort = text.unicodeScalars.count <= longestHeading
        return isShort && !".!:;…)\"”%".contains(last) && !text.contains(" | ") && !text.contains(": ")
    }

    private static func cosine(_ a: [Float], _ b: [Float]) -> Double {
        Double(zip(a, b).reduce(Float(0)) { $0 + $1.0 * $1.1 })
    }

    private struct QuotableSentence {
        let citation: Citation
        /// The heading or question right before it.
        let lead: String?

        /// What the sentence says, with what it is said of.
        var meaning: String { lead.map { $0 + "\n" + citation.quote } ?? citation.quote }
    }

    private struct Candidate: Comparable {
        let sentence: QuotableSentence
        let passage: Int
        /// Share of the question's weight that the sentence holds.
        let overlap: Double
        let passageScore: Double
        var cosine = 0.0

        var cheapScore: Double { 0.6 * overlap + 0.4 * passageScore }
        var score: Double { 0.5 * max(0, cosine) + 0.3 * overlap + 0.2 * passageScore }

        /// White space made plain: a quote may run over line ends.
        var plainText: String {
            sentence.citation.quote.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }

        static func == (a: Candidate, b: Candidate) -> Bool { a.sentence.citation == b.sentence.citation }

        /// Reading order.
        static func < (a: Candidate, b: Candidate) -> Bool {
            (a.passage, a.sentence.citation.characterStart) < (b.passage, b.sentence.citation.characterStart)
        }
    }
}

/// The words of a question by stem, with their weights.
private struct QuestionWords {
    private let weights: [String: Double]
    private let total: Double

    init(_ terms: [WeightedTerm]) {
        weights = Dictionary(terms.map { (Stem.of($0.word), $0.weight) }, uniquingKeysWith: max)
        total = weights.values.reduce(0, +)
    }

    /// 0…1: the weight of the question's words that occur in `text`, by the weight of all.
    func overlap(with text: String) -> Double {
        guard total > 0 else { return 0 }
        let present = Set(QueryTerms.words(in: text).map(Stem.of))
        return weights.reduce(0) { $0 + (present.contains($1.key) ? $1.value : 0) } / total
    }
}
