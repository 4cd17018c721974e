import HTTPTypes
import Hummingbird
import Store
import VectorStore

/// An error as Chroma's clients read it: they raise the exception that `name` stands for, with `message`.
struct ChromaError: Error, Equatable {
    let status: Int
    let name: String
    let message: String

    static func invalid(_ message: String) -> ChromaError {
        ChromaError(status: 400, name: "InvalidArgumentError", message: message)
    }

    static func notFound(_ message: String) -> ChromaError {
        ChromaError(status: 404, name: "NotFoundError", message: message)
    }

    static func exists(_ message: String) -> ChromaError {
        ChromaError(status: 409, name: "ChromaError", message: message)
    }

    /// JSON of another shape than asked for.
    static func shape(_ message: String) -> ChromaError {
        ChromaError(
            status: 422, name: "ChromaError",
            message: "Failed to deserialize the JSON body into the target type: \(message)")
    }

    static func unsupported(_ message: String) -> ChromaError {
        ChromaError(status: 501, name: "ChromaError", message: message)
    }

    static func internalError(_ message: String) -> ChromaError {
        ChromaError(status: 500, name: "InternalError", message: message)
    }

    /// The answer to any error of a handler.
    init(_ error: any Error) {
        switch error {
        case let error as ChromaError: self = error
        case let error as VectorStoreError: self = Self.store(error)
        default:
            let problem = APIError.problem(for: error)
            switch problem.code.status {
            case 401, 403:
                self.init(status: problem.code.status, name: "AuthError", message: problem.detail ?? problem.code.title)
            case 413: self.init(status: 413, name: "ChromaError", message: "Payload too large")
            case 400: self = .invalid(problem.detail ?? problem.code.title)
            default:
                self.init(
                    status: problem.code.status, name: "InternalError", message: problem.detail ?? problem.code.title)
            }
        }
    }

    init(status: Int, name: String, message: String) {
        self.status = status
        self.name = name
        self.message = message
    }

    private static func store(_ error: VectorStoreError) -> ChromaError {
        switch error {
        case .unknownCollection(let name): .notFound("Collection [\(name)] does not exist")
        case .dimensionMismatch(_, let expected, let found):
            .invalid("Collection expecting embedding with dimension of \(expected), got \(found)")
        case .badVector, .badMetadata, .duplicateKey: .invalid(error.description)
        case .nameTaken: .exists(error.description)
        default: .internalError("The server could not do that; its log says why.")
        }
    }

    var response: Response {
        let body = JSONDocument { [name, message] members in
            members.member("error", name)
            members.member("message", message)
        }
        return Response.json(body, status: HTTPResponse.Status(code: status), headers: [.chromaTraceID: Self.noTrace])
    }

    /// Clients demand an identifier with every error; there is no trace behind it.
    private static let noTrace = String(repeating: "0", count: 32)
}

extension HTTPField.Name {
    static let chromaTraceID = own("chroma-trace-id")
    static let chromaToken = own("X-Chroma-Token")
}
