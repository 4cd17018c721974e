import Assist
import CRM
import Embedding
import Foundation
import Hummingbird
import Store
import VectorStore

/// `/ai/assist`: one question, one answer with its evidence.
struct AssistController: Controller {
    let installation: Installation

    func addRoutes(to routes: Routes) {
        routes.post("/ai/assist", rate: .ai, access: .signedIn, assist)
    }

    private func assist(_ request: Request, _ context: APIContext) async throws -> Response {
        let caller = try context.caller
        let body = try await AssistRequest.read(request, context)
        guard body.sessionID == nil else {
            throw Problem(
                .unknownReference,
                errors: [FieldError(pointer: "/session_id", code: "unknown_reference", message: "is unknown")])
        }
        try body.filters.checkReferences()
        try await installation.checkDocuments(
            body.filters.documentIDs, reader: caller.documentReader, pointer: "/filters/document_ids")
        let question = body.question(reader: caller.documentReader)
        let answer = try await Deadline.run(
            milliseconds: body.timeoutMilliseconds,
            orThrow: AssistError.timeout(milliseconds: body.timeoutMilliseconds)
        ) {
            try await installation.assistant.answer(question)
        }
        if answer.refusal != nil, body.answersWithoutSources, caller.role != .client {
            throw Problem(
                .aiUnavailable, detail: "No model for answers without sources is configured.", retryAfterSeconds: 3_600)
        }
        return .json(
            AssistView(
                answer: answer, id: UUIDv7.make(at: .now()), language: body.language, warnings: body.warnings,
                embeddingModel: installation.embedder.modelName))
    }
}

extension AssistError: ProblemConvertible {
    public var problem: Problem {
        switch self {
        case .noVector: Problem(.aiUnavailable, retryAfterSeconds: 5)
        case .documentGone: Problem.notFound
        case .changedMeanwhile: Problem(.conflict, detail: description)
        case .timeout: Problem(.aiTimeout, detail: description, retryAfterSeconds: 5)
        }
    }
}
