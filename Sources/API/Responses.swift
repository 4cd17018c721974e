import CRM
import HTTPTypes
import Hummingbird

extension Response {
    /// A JSON answer.
    public static func json(
        _ value: some JSONWritable, status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) -> Response {
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(
            status: status, headers: headers, body: ResponseBody(byteBuffer: JSONWriter.encode(value)))
    }

    /// 204.
    public static let noContent = Response(status: .noContent)

    /// Adds the strong validator of a record's version.
    public func withETag(version: Int) -> Response {
        var response = self
        response.headers[.eTag] = "\"v\(version)\""
        return response
    }

    /// Adds where the record lives, such as `/api/v1/documents/…`.
    public func withLocation(_ path: String) -> Response {
        var response = self
        response.headers[.location] = path
        return response
    }
}

/// One page of a list with its exact total.
public struct Page<Item: JSONWritable & Sendable>: JSONWritable, Sendable {
    public let items: [Item]
    public let total: Int
    public let limit: Int
    public let offset: Int

    public init(items: [Item], total: Int, limit: Int, offset: Int) {
        self.items = items
        self.total = total
        self.limit = limit
        self.offset = offset
    }

    public func write(to json: inout JSONWriter) {
        json.object { members in
            members.member("items", items)
            members.member("total", total)
            members.member("limit", limit)
            members.member("offset", offset)
            members.member("has_more", offset + items.count < total)
        }
    }
}

extension HTTPField.Name {
    static func own(_ name: String) -> HTTPField.Name {
        guard let field = HTTPField.Name(name) else { preconditionFailure("\(name) is no header name") }
        return field
    }

    static let requestID = own("X-Request-Id")
    static let rateLimitLimit = own("RateLimit-Limit")
    static let rateLimitRemaining = own("RateLimit-Remaining")
    static let rateLimitReset = own("RateLimit-Reset")
    static let contentTypeOptions = own("X-Content-Type-Options")
    static let forwardedFor = own("X-Forwarded-For")
    public static let idempotencyKey = own("Idempotency-Key")
}
