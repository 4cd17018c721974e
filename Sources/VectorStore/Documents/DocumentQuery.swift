import Store

/// Who asks: decides which documents exist for the caller.
public enum DocumentReader: Sendable, Hashable {
    /// Managers and admins: everything.
    case all
    /// An agent: own documents and whatever is not private.
    case staff(userID: String)
    /// A client: what is shared with the own client record.
    case client(clientID: String)
}

/// Which documents are wanted, in which order. Empty members do not filter.
public struct DocumentQuery: Sendable {
    public var reader: DocumentReader = .all
    /// Words that must all occur in title or file name, each also as a part of a longer word.
    public var words: [String] = []
    /// Any of.
    public var statuses: [DocumentStatus] = []
    /// Any of.
    public var documentTypes: [String] = []
    /// All of, compared without case.
    public var tags: [String] = []
    /// At least one of, compared without case.
    public var anyTags: [String] = []
    public var ids: [String]?
    public var visibility: DocumentVisibility?
    public var propertyID: String?
    public var clientID: String?
    public var transactionID: String?
    public var language: String?
    public var sha256: String?
    public var createdFromMilliseconds: Int64?
    public var createdBeforeMilliseconds: Int64?
    public var sort: [SortField] = [SortField(column: .createdAt, isDescending: true)]
    public var limit = 50
    public var offset = 0

    public init() {}

    public struct SortField: Sendable, Hashable {
        public enum Column: String, Sendable, CaseIterable {
            case createdAt = "created_at"
            case updatedAt = "updated_at"
            case title
            case sizeBytes = "size_bytes"
        }

        public let column: Column
        public let isDescending: Bool

        public init(column: Column, isDescending: Bool) {
            self.column = column
            self.isDescending = isDescending
        }
    }

    /// True when nothing but the reader narrows the result, and the reader sees all.
    public var isUnrestricted: Bool {
        var conditions = Conditions()
        addAll(to: &conditions)
        return conditions.isEmpty
    }

    var condition: (sql: String, arguments: [any SQLConvertible]) {
        var conditions = Conditions()
        addAll(to: &conditions)
        return conditions.joined
    }

    var order: String {
        (sort.map { "\($0.column.rawValue)\($0.isDescending ? " DESC" : "")" } + ["id"]).joined(separator: ", ")
    }

    private func addAll(to conditions: inout Conditions) {
        switch reader {
        case .all: break
        case .staff(let userID):
            conditions.add("(visibility <> 'private' OR uploaded_by = ?)", [userID])
        case .client(let clientID):
            conditions.add("(visibility = 'client_shared' AND client_id = ?)", [clientID])
        }
        for word in words {
            let pattern = "%" + Self.escapeLike(word.lowercased()) + "%"
            conditions.add(
                "(lower(title) LIKE ? ESCAPE '\\' OR lower(filename) LIKE ? ESCAPE '\\')", [pattern, pattern])
        }
        conditions.addAny("status", of: statuses.map(\.rawValue))
        conditions.addAny("document_type", of: documentTypes)
        for tag in tags { conditions.add("lower(tags) LIKE ? ESCAPE '\\'", [Self.tagPattern(tag)]) }
        if !anyTags.isEmpty {
            conditions.add(
                "(" + anyTags.map { _ in "lower(tags) LIKE ? ESCAPE '\\'" }.joined(separator: " OR ") + ")",
                anyTags.map(Self.tagPattern))
        }
        if let ids { conditions.addAny("id", of: ids, isEmptyAllowed: false) }
        conditions.addEqual("visibility", visibility?.rawValue)
        conditions.addEqual("property_id", propertyID)
        conditions.addEqual("client_id", clientID)
        conditions.addEqual("transaction_id", transactionID)
        conditions.addEqual("language", language)
        conditions.addEqual("sha256", sha256)
        if let from = createdFromMilliseconds { conditions.add("created_at >= ?", [from]) }
        if let before = createdBeforeMilliseconds { conditions.add("created_at < ?", [before]) }
    }

    /// Tags are a JSON array of strings: a whole tag is found with its quotes.
    private static func tagPattern(_ tag: String) -> String {
        let encoded = (try? JSONColumn.encode(tag.lowercased())) ?? "\"\""
        return "%" + escapeLike(encoded) + "%"
    }

    private static func escapeLike(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("%", with: "\\%").replacing("_", with: "\\_")
    }
}

/// Conditions joined by AND; `?` stands for the next argument and becomes `$n`.
private struct Conditions {
    private var parts: [String] = []
    private var arguments: [any SQLConvertible] = []

    var isEmpty: Bool { parts.isEmpty }

    mutating func add(_ sql: String, _ values: [any SQLConvertible]) {
        var numbered = ""
        var next = arguments.count
        for character in sql {
            if character == "?" {
                next += 1
                numbered += "$\(next)"
            } else {
                numbered.append(character)
            }
        }
        precondition(next == arguments.count + values.count, "\"\(sql)\" takes another number of values")
        parts.append(numbered)
        arguments += values
    }

    mutating func addEqual(_ column: String, _ value: String?) {
        if let value { add("\(column) = ?", [value]) }
    }

    mutating func addAny(_ column: String, of values: [String], isEmptyAllowed: Bool = true) {
        if values.isEmpty {
            if !isEmptyAllowed { add("1 = 0", []) }
            return
        }
        add("\(column) IN (" + values.map { _ in "?" }.joined(separator: ", ") + ")", values)
    }

    var joined: (String, [any SQLConvertible]) {
        (parts.isEmpty ? "1 = 1" : parts.joined(separator: " AND "), arguments)
    }
}
