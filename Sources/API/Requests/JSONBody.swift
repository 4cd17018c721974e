import Hummingbird

/// Reads a JSON request body against the shape a handler asks for.
///
/// ```swift
/// let login = try await JSONBody.decode(request, context) { body in
///     Login(
///         email: body.required("email") { $0.email() },
///         password: body.required("password") { $0.secret(1...128) },
///         deviceName: body.optional("device_name") { $0.text(1...100) })
/// }
/// ```
///
/// Checks in the order of the contract: size 413, media type 415, syntax 400, then 422 with every violation and its
/// pointer. The closure's value is only returned when there was none, so the placeholders that readers give for
/// broken members never get out.
public enum JSONBody {
    /// - Parameters:
    ///   - limitBytes: instead of the configured size of JSON bodies.
    ///   - allowsEmpty: an absent body counts as `{}`.
    ///   - mergePatch: `application/merge-patch+json` is accepted too.
    public static func decode<T>(
        _ request: Request, _ context: APIContext, limitBytes: Int? = nil, allowsEmpty: Bool = false,
        mergePatch: Bool = false, _ read: (ObjectReader) -> T
    ) async throws -> T {
        let value = try await parse(
            request, context, limitBytes: limitBytes, allowsEmpty: allowsEmpty, mergePatch: mergePatch)
        return try decode(value, read)
    }

    /// The body as a value, for handlers that need to see it raw.
    public static func parse(
        _ request: Request, _ context: APIContext, limitBytes: Int? = nil, allowsEmpty: Bool = false,
        mergePatch: Bool = false
    ) async throws -> JSONValue {
        let limits = BodyLimits(bytes: limitBytes ?? context.jsonBytes)
        try request.checkDeclaredLength(limits)
        if allowsEmpty, !request.announcesBody { return .object(JSONObject()) }
        try checkMediaType(request, mergePatch: mergePatch)
        var body = request.pieces(limits)
        let bytes = try await body.collect()
        if allowsEmpty, bytes.isEmpty { return .object(JSONObject()) }
        do {
            return try JSONParser.parse(bytes)
        } catch {
            throw Problem(.invalidJSON, detail: error.description)
        }
    }

    static func decode<T>(_ value: JSONValue, _ read: (ObjectReader) -> T) throws(Problem) -> T {
        let violations = Violations()
        let result = ValueReader(value: value, pointer: "", violations: violations).object(read)
        guard violations.errors.isEmpty else { throw .validation(violations.errors) }
        return result
    }

    private static func checkMediaType(_ request: Request, mergePatch: Bool) throws(Problem) {
        let field = request.headers[.contentType].flatMap { HeaderParameters($0) }
        let accepted = mergePatch ? ["application/json", "application/merge-patch+json"] : ["application/json"]
        guard let field, accepted.contains(field.value),
            field.parameters["charset"].map({ $0.lowercased() == "utf-8" }) ?? true
        else {
            throw Problem(
                .unsupportedMediaType, detail: "Send \(accepted.joined(separator: " or ")) in UTF-8.")
        }
    }
}

/// The violations found so far.
final class Violations {
    private(set) var errors: [FieldError] = []

    func add(_ pointer: String, _ code: String, _ message: String) {
        guard errors.count < Problem.maximumErrors else { return }
        errors.append(FieldError(pointer: pointer, code: code, message: message))
    }
}

/// What a merge patch says of one member (RFC 7396).
public enum Patch<Value> {
    /// Not mentioned: stays as it is.
    case keep
    /// null: the value goes.
    case clear
    case set(Value)

    /// The value after the patch.
    public func applied(to current: Value?) -> Value? {
        switch self {
        case .keep: current
        case .clear: nil
        case .set(let value): value
        }
    }
}
extension Patch: Sendable where Value: Sendable {}
extension Patch: Equatable where Value: Equatable {}
