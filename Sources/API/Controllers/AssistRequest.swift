import Assist
import Foundation
import Hummingbird
import Store
import VectorStore

/// The contract's `AssistRequest`.
struct AssistRequest {
    private enum Persona: String, CaseIterable {
        case agentAssistant = "agent_assistant"
        case clientAdvisor = "client_advisor"
        case marketAnalyst = "market_analyst"
        case marketer
        case complianceOfficer = "compliance_officer"
    }
    private enum Tone: String, CaseIterable { case professional, friendly, casual, luxury, concise }
    private enum Format: String, CaseIterable { case markdown, plain }
    private enum NoEvidence: String, CaseIterable {
        case refuse
        case answerWithoutSources = "answer_without_sources"
    }

    let text: String
    let sessionID: String?
    let language: String
    let filters: AssistFilters
    let passageLimit: Int
    let minimumScore: Double
    let maximumOutputTokens: Int
    let answersWithoutSources: Bool
    let timeoutMilliseconds: Int

    static func read(_ request: Request, _ context: APIContext) async throws -> AssistRequest {
        try await JSONBody.decode(request, context) { body in
            // Persona, tone, temperature, format and actions change the wording of a writing model; quotes stay as
            // they are, so here they are checked and have no effect.
            _ = body.optional("persona") { $0.choice(Persona.self) }
            _ = body.optional("tone") { $0.choice(Tone.self) }
            _ = body.optional("temperature") { $0.number(0...1) }
            _ = body.optional("response_format") { $0.choice(Format.self) }
            _ = body.optional("include_actions") { $0.bool() }
            return AssistRequest(
                text: body.required("question") { $0.text(1...4_000) },
                sessionID: body.optional("session_id") { $0.id() },
                language: body.optional("language") {
                    $0.text(2...35, form: "a BCP 47 tag such as en or ar", isValid: LanguageTag.isValid)
                } ?? "en",
                filters: body.optional("filters") { $0.object(AssistFilters.init) } ?? AssistFilters(),
                passageLimit: body.optional("top_k") { $0.int(1...30) } ?? 8,
                minimumScore: body.optional("min_score") { $0.number(0...1) } ?? 0.35,
                maximumOutputTokens: body.optional("max_output_tokens") { $0.int(64...4_096) } ?? 800,
                answersWithoutSources: body.optional("on_no_evidence") { $0.choice(NoEvidence.self) }
                    == .answerWithoutSources,
                timeoutMilliseconds: body.optional("timeout_ms") { $0.int(1_000...120_000) } ?? 30_000)
        }
    }

    func question(reader: DocumentReader) -> Question {
        var question = Question(text)
        question.documents = filters.query
        question.documents.reader = reader
        question.requiredMentions = filters.requiredMentions
        question.passageLimit = passageLimit
        question.minimumScore = minimumScore
        question.maximumOutputTokens = maximumOutputTokens
        return question
    }

    /// Quotes are in the language of the documents, whatever was asked for.
    var warnings: [String] {
        language == "en" || language.hasPrefix("en-")
            ? [] : ["The answer quotes the documents in their own language."]
    }
}

/// The contract's `AssistFilters`: they only ever remove sources.
struct AssistFilters {
    private enum SourceType: String, CaseIterable {
        case document, knowledge, property, client, transaction
        case marketData = "market_data"
    }
    private enum PropertyType: String, CaseIterable {
        case apartment, villa, townhouse, penthouse, studio, duplex, triplex, loft
        case servicedApartment = "serviced_apartment"
        case plot, office, retail, warehouse
    }

    private(set) var query = DocumentQuery()
    /// Each group: at least one of these phrases must occur in a passage, its section or its document's title.
    private(set) var requiredMentions: [[String]] = []
    /// As given; they are to be checked against what the caller may see.
    private(set) var documentIDs: [String] = []

    init() {}

    /// This version keeps no listings, clients or deals yet: no id of one can be known.
    func checkReferences() throws(Problem) {
        let given = [
            ("property_id", query.propertyID), ("client_id", query.clientID), ("transaction_id", query.transactionID),
        ].filter { $0.1 != nil }
        guard given.isEmpty else {
            throw Problem(
                .unknownReference,
                errors: given.map {
                    FieldError(pointer: "/filters/" + $0.0, code: "unknown_reference", message: "is unknown")
                })
        }
    }

    init(_ filters: ObjectReader) {
        let sources = filters.optional("source_types") { $0.uniqueArray(0...6) { $0.choice(SourceType.self) } }
        let ids = filters.optional("document_ids") { $0.uniqueArray(0...100) { $0.id() } }
        query.documentTypes =
            (filters.optional("document_types") { $0.uniqueArray(0...12) { $0.choice(DocumentType.self) } } ?? [])
            .map(\.rawValue)
        query.anyTags = filters.optional("tags") { $0.uniqueArray(0...20) { $0.text(1...40) } } ?? []
        query.propertyID = filters.optional("property_id") { $0.id() }
        query.clientID = filters.optional("client_id") { $0.id() }
        query.transactionID = filters.optional("transaction_id") { $0.id() }
        query.language = filters.optional("language") {
            $0.text(2...35, form: "a BCP 47 tag", isValid: LanguageTag.isValid)
        }
        let from = filters.optional("date_from") { Self.day($0) }
        let to = filters.optional("date_to") { Self.day($0) }
        if let from, let to, to < from { filters.violation("date_to", "out_of_range", "must not be before date_from") }
        query.createdFromMilliseconds = from
        query.createdBeforeMilliseconds = to.map { $0 + Self.dayMilliseconds }
        if let ids, !ids.isEmpty {
            query.ids = ids
            documentIDs = ids
        }
        // Documents are the only sources so far; who excludes them asks for nothing.
        if let sources, !sources.isEmpty, !sources.contains(.document) { query.ids = [] }
        if let location = filters.optional("location", { $0.text(1...120) }) { requiredMentions.append([location]) }
        let types = filters.optional("property_types") { $0.uniqueArray(0...13) { $0.choice(PropertyType.self) } } ?? []
        if !types.isEmpty { requiredMentions.append(types.map { $0.rawValue.replacing("_", with: " ") }) }
    }

    private static let dayMilliseconds: Int64 = 86_400_000
    /// Dubai is four hours ahead of UTC all year.
    private static let zoneMilliseconds: Int64 = 4 * 3_600_000

    /// Start of a local day in milliseconds.
    private static func day(_ value: ValueReader) -> Int64 {
        let text = value.text(1...10)
        guard text.utf8.count == 10, let midnight = Timestamp(rfc3339: text + "T00:00:00Z") else {
            if !text.isEmpty { value.violation("invalid_format", "must be a day such as 2025-06-14") }
            return 0
        }
        return midnight.milliseconds - zoneMilliseconds
    }
}
