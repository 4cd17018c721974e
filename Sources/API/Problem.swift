import HTTPTypes
import Hummingbird

/// One violation inside a problem.
public struct FieldError: Sendable, Hashable {
    /// RFC 6901 pointer into the body.
    public var pointer: String?
    /// Name of the query, path or header parameter.
    public var parameter: String?
    public var code: String
    public var message: String

    public init(pointer: String, code: String, message: String) {
        self.pointer = pointer
        self.code = code
        self.message = message
    }

    public init(parameter: String, code: String, message: String) {
        self.parameter = parameter
        self.code = code
        self.message = message
    }
}

/// The answer to a request that was not fulfilled: RFC 9457 problem details. Throw it from anywhere in a handler.
///
/// Everything in it is shown to the caller, so it never holds SQL, paths, stack traces or secrets.
public struct Problem: Error, Sendable, Equatable {
    /// More violations than this are not listed.
    public static let maximumErrors = 100

    public var code: ProblemCode
    public var detail: String?
    public var errors: [FieldError]
    /// Sent as Retry-After too.
    public var retryAfterSeconds: Int?
    public var existingID: String?
    public var currentStatus: String?
    public var allowedTransitions: [String]?
    public var currentVersion: Int?
    /// Extra response header fields, such as Allow.
    public var headers: HTTPFields = [:]

    public init(
        _ code: ProblemCode, detail: String? = nil, errors: [FieldError] = [], retryAfterSeconds: Int? = nil,
        existingID: String? = nil, currentStatus: String? = nil, allowedTransitions: [String]? = nil,
        currentVersion: Int? = nil
    ) {
        self.code = code
        self.detail = detail
        self.errors = errors
        self.retryAfterSeconds = retryAfterSeconds
        self.existingID = existingID
        self.currentStatus = currentStatus
        self.allowedTransitions = allowedTransitions
        self.currentVersion = currentVersion
    }

    /// 422 for violations in a body.
    public static func validation(_ errors: [FieldError]) -> Problem {
        let count = errors.count == 1 ? "1 field is" : "\(errors.count) fields are"
        return Problem(.validationFailed, detail: "\(count) invalid.", errors: errors)
    }

    public static let notFound = Problem(.notFound)
}

extension Problem {
    func response(requestID: String) -> Response {
        var headers = headers
        headers[.contentType] = "application/problem+json"
        if let retryAfterSeconds { headers[.retryAfter] = String(min(max(retryAfterSeconds, 0), 86_400)) }
        if code.status == 401, headers[.wwwAuthenticate] == nil {
            headers[.wwwAuthenticate] = "Bearer realm=\"propertypro\""
        }
        let body = JSONWriter.encode(ProblemBody(problem: self, requestID: requestID))
        return Response(
            status: HTTPResponse.Status(code: code.status), headers: headers, body: ResponseBody(byteBuffer: body))
    }
}

private struct ProblemBody: JSONWritable {
    let problem: Problem
    let requestID: String

    func write(to json: inout JSONWriter) {
        json.object { members in
            members.member("type", "urn:propertypro:problem:" + problem.code.rawValue)
            members.member("title", problem.code.title)
            members.member("status", problem.code.status)
            members.member("code", problem.code)
            members.member("request_id", requestID)
            members.member("detail", problem.detail.map { String($0.unicodeScalars.prefix(2_000)) })
            if !problem.errors.isEmpty {
                members.member("errors", Array(problem.errors.prefix(Problem.maximumErrors)))
            }
            members.member("retry_after_s", problem.retryAfterSeconds.map { min(max($0, 0), 86_400) })
            members.member("existing_id", problem.existingID)
            members.member("current_status", problem.currentStatus)
            members.member("allowed_transitions", problem.allowedTransitions)
            members.member("current_version", problem.currentVersion)
        }
    }
}

extension FieldError: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.object { members in
            members.member("pointer", pointer.map { String($0.unicodeScalars.prefix(500)) })
            members.member("parameter", parameter.map { String($0.unicodeScalars.prefix(100)) })
            members.member("code", code)
            members.member("message", String(message.unicodeScalars.prefix(500)))
        }
    }
}
