import CRM
import Foundation
import Hummingbird
import Store

/// Reads the query of a request against the parameters a handler knows.
///
/// ```swift
/// let list = try Query.decode(request) { query in
///     (page: query.page(), status: query.choices("status", DocumentStatus.self),
///      sort: query.sort(["created_at", "title"], default: "-created_at"))
/// }
/// ```
///
/// Unknown parameters, bad values and repetitions of single-valued parameters are 400, all listed.
public enum Query {
    /// More parameters than this are refused unread.
    static let maximumParameters = 100

    public static func decode<T>(_ request: Request, _ read: (QueryReader) -> T) throws(Problem) -> T {
        try decode(request.uri.query ?? "", read)
    }

    static func decode<T>(_ query: String, _ read: (QueryReader) -> T) throws(Problem) -> T {
        var values: [String: [String]] = [:]
        var count = 0
        for pair in query.split(separator: "&") {
            count += 1
            guard count <= maximumParameters else {
                throw Problem(.invalidParameter, detail: "More than \(maximumParameters) query parameters.")
            }
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = percentDecoded(parts[0], plusIsSpace: true),
                let value = percentDecoded(parts.count > 1 ? parts[1] : "", plusIsSpace: true)
            else { throw Problem(.invalidParameter, detail: "The query is not percent-encoded UTF-8.") }
            values[name, default: []].append(value)
        }
        let reader = QueryReader(values: values)
        let result = read(reader)
        try reader.finish()
        return result
    }
}

/// One sort field.
public struct SortKey: Sendable, Hashable {
    public let field: String
    public let isDescending: Bool
}

/// Limit and offset of a list.
public struct PageRequest: Sendable, Hashable {
    public let limit: Int
    public let offset: Int
}

public final class QueryReader {
    private let values: [String: [String]]
    private var known: Set<String> = []
    private var errors: [FieldError] = []

    init(values: [String: [String]]) {
        self.values = values
    }

    /// Reports a violation of a parameter.
    public func violation(_ name: String, _ code: String, _ message: String) {
        errors.append(FieldError(parameter: name, code: code, message: message))
    }

    /// All values of a parameter that may be repeated, in order; blank ones are left out.
    public func strings(_ name: String, _ length: ClosedRange<Int> = 1...200, max: Int = 50) -> [String] {
        known.insert(name)
        let all = (values[name] ?? [])
            .map { $0.precomposedStringWithCanonicalMapping.trimmingCharacters(in: .whitespacesAndNewlines) }
            .filter { !$0.isEmpty }
        if all.count > max { violation(name, "too_many_items", "may be given at most \(max) times") }
        for value in all where !length.contains(value.unicodeScalars.count) {
            violation(name, "out_of_range", "must have \(length.lowerBound) to \(length.upperBound) characters")
        }
        if all.contains(where: { $0.unicodeScalars.contains { $0.properties.generalCategory == .control } }) {
            violation(name, "invalid_format", "must not contain control characters")
        }
        return all
    }

    public func string(_ name: String, _ length: ClosedRange<Int> = 1...200) -> String? {
        let all = strings(name, length, max: .max)
        if all.count > 1 { violation(name, "repeated", "may be given only once") }
        return all.first
    }

    public func int(_ name: String, _ range: ClosedRange<Int>) -> Int? {
        guard let text = string(name) else { return nil }
        guard let number = Int(text), text.utf8.allSatisfy({ (48...57).contains($0) || $0 == 45 }) else {
            violation(name, "invalid_format", "must be an integer")
            return nil
        }
        guard range.contains(number) else {
            violation(name, "out_of_range", "must be between \(range.lowerBound) and \(range.upperBound)")
            return nil
        }
        return number
    }

    public func bool(_ name: String) -> Bool? {
        switch string(name) {
        case nil: return nil
        case "true"?: return true
        case "false"?: return false
        default:
            violation(name, "invalid_format", "must be true or false")
            return nil
        }
    }

    /// A UUID in lower case.
    public func id(_ name: String) -> String? {
        guard let text = string(name) else { return nil }
        guard let id = UUIDv7.canonical(text) else {
            violation(name, "invalid_format", "must be a UUID")
            return nil
        }
        return id
    }

    public func timestamp(_ name: String) -> Timestamp? {
        guard let text = string(name) else { return nil }
        guard let instant = Timestamp(rfc3339: text) else {
            violation(name, "invalid_format", "must be an RFC 3339 date-time with an offset")
            return nil
        }
        return instant
    }

    public func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, _ type: Choice.Type) -> Choice?
    where Choice.RawValue == String {
        string(name).flatMap { choice($0, name) }
    }

    public func choices<Choice: RawRepresentable & CaseIterable>(_ name: String, _ type: Choice.Type) -> [Choice]
    where Choice.RawValue == String {
        strings(name).compactMap { choice($0, name) }
    }

    private func choice<Choice: RawRepresentable & CaseIterable>(_ text: String, _ name: String) -> Choice?
    where Choice.RawValue == String {
        if let choice = Choice(rawValue: text) { return choice }
        let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
        violation(name, "unknown_value", "must be one of: \(names)")
        return nil
    }

    /// `limit` 1 to 200, 50 by default; `offset` 0 to 100,000.
    public func page() -> PageRequest {
        PageRequest(limit: int("limit", 1...200) ?? 50, offset: int("offset", 0...100_000) ?? 0)
    }

    /// `sort`: up to three of `fields`, `-` for descending. The caller adds the id as the last tie-breaker.
    public func sort(_ fields: [String], default standard: String) -> [SortKey] {
        let text = string("sort", 1...120) ?? standard
        let keys = text.split(separator: ",", omittingEmptySubsequences: false).map { item in
            SortKey(field: String(item.hasPrefix("-") ? item.dropFirst() : item), isDescending: item.hasPrefix("-"))
        }
        guard keys.count <= 3, keys.allSatisfy({ fields.contains($0.field) }),
            Set(keys.map(\.field)).count == keys.count
        else {
            violation("sort", "unknown_value", "must be up to three of: \(fields.joined(separator: ", "))")
            return []
        }
        return keys
    }

    func finish() throws(Problem) {
        let unknown = values.keys.filter { !known.contains($0) }.sorted().map {
            FieldError(
                parameter: $0.isEmpty ? "=" : $0, code: "unknown_parameter",
                message: "is not a parameter of this operation")
        }
        guard errors.isEmpty else { throw Problem(.invalidParameter, errors: errors + unknown) }
        guard unknown.isEmpty else { throw Problem(.unknownParameter, errors: unknown) }
    }
}
