import CRM
import Hummingbird
import NIOCore
import Store

/// An error of any module that knows its own answer.
public protocol ProblemConvertible: Error {
    var problem: Problem { get }
}

/// The one map from errors to answers.
///
/// Modules below know nothing of HTTP; their errors conform to ``ProblemConvertible`` here or beside the
/// controller that meets them. Whatever is not mapped is our own fault: 500, logged, nothing shown.
enum APIError {
    static func problem(for error: any Error) -> Problem {
        switch error {
        case let problem as Problem: problem
        case let error as any ProblemConvertible: error.problem
        case let error as HTTPError: problem(for: error)
        case is IOError, is ChannelError: Problem(.invalidParameter, detail: "The connection was closed.")
        case is CancellationError:
            Problem(.dependencyUnavailable, detail: "The server is stopping.", retryAfterSeconds: 5)
        default: Problem(.internalError)
        }
    }

    /// What the framework itself refuses.
    private static func problem(for error: HTTPError) -> Problem {
        switch error.status.code {
        case 404: Problem(.notFound)
        case 405: Problem(.methodNotAllowed)
        case 413: Problem(.payloadTooLarge)
        case 415: Problem(.unsupportedMediaType)
        case 400..<500: Problem(.invalidParameter)
        default: Problem(.internalError)
        }
    }
}

extension AccountError: ProblemConvertible {
    public var problem: Problem {
        switch self {
        case .invalidCredentials: Problem(.invalidCredentials, detail: description)
        case .accountDisabled: Problem(.accountDisabled, detail: description)
        case .locked(let seconds): Problem(.accountLocked, detail: description, retryAfterSeconds: seconds)
        case .unknownToken: Problem(.unauthenticated, detail: description)
        case .tokenExpired: Problem(.tokenExpired, detail: description)
        case .tokenRevoked: Problem(.tokenRevoked, detail: description)
        case .tokenReused: Problem(.tokenReused, detail: description)
        case .refreshSuperseded: Problem(.refreshSuperseded, detail: description)
        case .passwordRejected(let faults):
            Problem(
                .passwordRejected, detail: description,
                errors: faults.map { FieldError(pointer: "/new_password", code: $0.rawValue, message: $0.message) })
        case .addressTaken(let id): Problem(.duplicate, detail: description, existingID: id)
        case .unknownUser: Problem(.notFound)
        case .busy: Problem(.queueFull, detail: description, retryAfterSeconds: 1)
        }
    }
}

extension TokenError: ProblemConvertible {
    public var problem: Problem {
        var problem = Problem(self == .expired ? .tokenExpired : .unauthenticated, detail: description)
        problem.headers[.wwwAuthenticate] = "Bearer realm=\"propertypro\", error=\"invalid_token\""
        return problem
    }
}

extension StoreError: ProblemConvertible {
    /// A constraint that a rule should have caught first is a conflict with somebody else's change.
    public var problem: Problem {
        switch self {
        case .constraint: Problem(.conflict, detail: "The record was changed by somebody else meanwhile.")
        case .full: Problem(.dependencyUnavailable, detail: "The storage is full.", retryAfterSeconds: 60)
        case .locked, .file: Problem(.dependencyUnavailable, retryAfterSeconds: 5)
        case .newerSchema, .damaged, .unexpectedColumn, .engine: Problem(.internalError)
        }
    }
}
