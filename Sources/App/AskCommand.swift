import API
import ArgumentParser
import Assist
import VectorStore

struct Ask: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Answers one question from the documents, each sentence with its source.",
        discussion: """
            Exit code 0 for an answer, 2 when the documents do not hold one.
              propertypro ask "Which rent increase is allowed at 25 % below market?" --data ./data
            """)

    @OptionGroup var common: CommonOptions
    @Argument(help: "The question, in quotes.") var question: String
    @Option(name: .long, help: "How many passages to look at, 1 to 30.") var passages = 8

    func validate() throws {
        guard question.contains(where: { !$0.isWhitespace }) else { throw ValidationError("The question is empty.") }
        guard (1...30).contains(passages) else { throw ValidationError("--passages must be between 1 and 30.") }
    }

    func run() async throws {
        var question = Question(self.question)
        question.passageLimit = passages
        let answer = try await common.withInstallation("ask") { [question] installation in
            try await installation.collection.prepare()
            return try await installation.assistant.answer(question)
        }
        if common.json {
            try Output.json(EvaluationResult(id: nil, answer: answer))
        } else {
            Self.show(answer)
        }
        if answer.status == .refused { throw ExitCode(2) }
    }

    static func show(_ answer: Answer) {
        if let refusal = answer.refusal {
            Output.line(refusal.detail)
            return
        }
        Output.line(answer.text)
        Output.line()
        for citation in answer.citations {
            let passage = answer.passages[citation.marker - 1]
            let quote = citation.quote.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            Output.line("[\(citation.marker)] \(place(of: passage))")
            Output.line("    “\(quote)”")
        }
    }

    /// `guide.pdf, page 3`, `policies.docx, 2.1 Leave`, `listings.csv, row 17`.
    private static func place(of passage: RetrievedPassage) -> String {
        if let page = passage.place.page { return "\(passage.filename), page \(page)" }
        if let row = passage.place.rowStart { return "\(passage.filename), row \(row)" }
        if let section = passage.place.section { return "\(passage.filename), \(section)" }
        return passage.filename
    }
}
