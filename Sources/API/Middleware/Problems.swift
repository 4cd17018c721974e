import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1

/// Turns every error into problem details, and the router's "not found" into 404 or 405.
struct ProblemMiddleware: RouterMiddleware {
    let paths: PathTable

    func handle(
        _ request: Request, context: APIContext,
        next: (Request, APIContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPParserError {
            // The connection itself is broken; the server answers 400 and closes it.
            throw error
        } catch {
            let problem = problem(for: error, request: request)
            context.notes.problemCode = problem.code.rawValue
            if problem.code == .internalError {
                context.logger.error("unexpected error", metadata: ["error": "\(error)", "type": "\(type(of: error))"])
            }
            return problem.response(requestID: context.requestID)
        }
    }

    private func problem(for error: any Error, request: Request) -> Problem {
        guard let error = error as? HTTPError, error.status == .notFound else { return APIError.problem(for: error) }
        let allowed = paths.methods(of: request.uri.path)
        // The router knows no such path, or the path does not have the method.
        guard !allowed.isEmpty, !allowed.contains(request.method.rawValue) else { return .notFound }
        var problem = Problem(.methodNotAllowed, detail: "Allowed here: \(allowed.joined(separator: ", ")).")
        problem.headers[.allow] = allowed.joined(separator: ", ")
        return problem
    }
}
