import Foundation

/// A question file in, a results file out: one JSON object a line on both sides.
///
/// Input members used: `id`, `question`, optional `history` (`[{"role", "content"}]`). Output: `id`, `passages`
/// (best first, ten unless told otherwise), `answer`, `refused`, `latency_ms` (question to complete answer).
public struct EvaluationRun: Sendable {
    private let assistant: Assistant
    private let passageLimit: Int

    /// - Parameter passageLimit: passages in a result; scorers look at the first ten.
    public init(assistant: Assistant, passageLimit: Int = 10) {
        self.assistant = assistant
        self.passageLimit = passageLimit
    }

    public struct Item: Sendable, Decodable {
        public let id: String
        public let question: String
        let history: [HistoryTurn]?

        struct HistoryTurn: Sendable, Decodable {
            let role: String
            let content: String
        }
    }

    /// The questions of a file.
    /// - Throws: ``EvaluationError`` with the line that does not fit.
    public static func items(of text: String) throws(EvaluationError) -> [Item] {
        var items: [Item] = []
        for (number, line) in text.split(
            omittingEmptySubsequences: false, whereSeparator: { $0 == "\n" || $0 == "\r\n" }
        ).enumerated() {
            guard line.contains(where: { !$0.isWhitespace }) else { continue }
            do {
                items.append(try JSONDecoder().decode(Item.self, from: Data(line.utf8)))
            } catch {
                throw EvaluationError.badLine(number: number + 1)
            }
        }
        return items
    }

    /// Asks one question and returns its result line.
    public func result(for item: Item) async throws -> EvaluationResult {
        var question = Question(
            item.question,
            history: (item.history ?? []).map {
                Question.Turn(role: $0.role == "assistant" ? .assistant : .user, text: $0.content)
            })
        question.passageLimit = passageLimit
        return EvaluationResult(id: item.id, answer: try await assistant.answer(question))
    }
}

public enum EvaluationError: Error, Equatable, CustomStringConvertible {
    case badLine(number: Int)

    public var description: String {
        switch self {
        case .badLine(let number):
            "Line \(number) of the question file is not a JSON object with \"id\" and \"question\"."
        }
    }
}

/// One line of a results file; also what `ask --json` prints, with citations.
public struct EvaluationResult: Sendable, Encodable {
    public struct Passage: Sendable, Encodable {
        public let document: String
        public let page: Int?
        public let text: String
        /// The fused score, and the two it is made of.
        public let score: Double
        public let vectorScore: Double
        public let keywordScore: Double

        enum CodingKeys: String, CodingKey {
            case document, page, text, score
            case vectorScore = "vector_score"
            case keywordScore = "keyword_score"
        }
    }

    public struct Reference: Sendable, Encodable {
        public let marker: Int
        public let document: String
        public let page: Int?
        public let section: String?
        public let row: Int?
        public let quote: String
        public let charStart: Int
        public let charEnd: Int

        enum CodingKeys: String, CodingKey {
            case marker, document, page, section, row, quote
            case charStart = "char_start"
            case charEnd = "char_end"
        }
    }

    public let id: String?
    public let passages: [Passage]
    public let answer: String
    public let refused: Bool
    public let latencyMilliseconds: Double
    public let citations: [Reference]

    enum CodingKeys: String, CodingKey {
        case id, passages, answer, refused, citations
        case latencyMilliseconds = "latency_ms"
    }

    public init(id: String?, answer: Answer) {
        self.id = id
        passages = answer.passages.map {
            Passage(
                document: $0.filename, page: $0.place.page, text: $0.text, score: $0.score,
                vectorScore: $0.vectorScore, keywordScore: $0.keywordScore)
        }
        self.answer = answer.text
        refused = answer.status == .refused
        latencyMilliseconds = answer.totalMilliseconds
        citations = answer.citations.map { citation in
            let passage = answer.passages[citation.marker - 1]
            return Reference(
                marker: citation.marker, document: passage.filename, page: passage.place.page,
                section: passage.place.section, row: passage.place.rowStart, quote: citation.quote,
                charStart: citation.characterStart, charEnd: citation.characterEnd)
        }
    }
}
