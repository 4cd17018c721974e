import Testing

@testable import Assist

@Suite struct EvaluationRunTests {
    @Test func questionsAreReadLineByLine() throws {
        let text = """
            {"id": "A1", "question": "First?", "type": "number", "gold": []}

            {"id": "A2", "question": "Second?", "history": [{"role": "user", "content": "First?"}]}
            """
        let items = try EvaluationRun.items(of: text)
        #expect(items.map(\.id) == ["A1", "A2"])
        #expect(items[1].history?.first?.content == "First?")
        #expect(throws: EvaluationError.badLine(number: 2)) {
            try EvaluationRun.items(of: "{\"id\": \"a\", \"question\": \"b\"}\n{\"id\": 3}")
        }
    }

    @Test func aFollowUpCarriesTheTurnBefore() {
        let question = Question(
            "And for villas?",
            history: [
                Question.Turn(role: .user, text: "What is the fee for flats?"),
                Question.Turn(role: .assistant, text: "AED 5."),
            ])
        #expect(question.standAloneText == "What is the fee for flats? And for villas?")
        #expect(Question("Alone?").standAloneText == "Alone?")
    }

    @Test(arguments: [
        ("../../etc/passwd", "passwd"), ("C:\\Temp\\a.pdf", "a.pdf"), ("a\u{0}b\n.pdf", "ab.pdf"), ("", "document"),
        ("/", "document"), ("  x.csv ", "x.csv"),
    ])
    func uploadedNamesAreMadeHarmless(_ pair: (String, String)) {
        #expect(DocumentIntake.sanitized(pair.0) == pair.1)
    }

    @Test func longNamesKeepTheirExtension() {
        let name = DocumentIntake.sanitized(String(repeating: "ä", count: 400) + ".pdf")
        #expect(name.unicodeScalars.count == 255)
        #expect(name.hasSuffix(".pdf"))
        #expect(DocumentIntake.title(of: "Palm_Jumeirah_profile.pdf") == "Palm Jumeirah profile")
        #expect(DocumentIntake.title(of: ".pdf") == ".pdf")
    }
}
