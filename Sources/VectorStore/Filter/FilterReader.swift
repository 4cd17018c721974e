/// What the readers of metadata filters and of document filters share: the place in the expression and the ceilings.
struct FilterReader {
    private let limits: FilterLimits
    private var path: [String] = []
    private var depth = 0
    private var conditions = 0

    init(limits: FilterLimits) {
        self.limits = limits
    }

    func refused(expected: String, found: String) -> FilterError {
        var text = ""
        for step in path { text += text.isEmpty || step.hasPrefix("[") ? step : "." + step }
        return FilterError(path: text, expected: expected, found: found)
    }

    func refused(expected: String, _ found: FilterExpression) -> FilterError {
        refused(expected: expected, found: found.typeName)
    }

    private mutating func at<Result>(
        _ step: String, _ body: (inout FilterReader) throws(FilterError) -> Result
    ) throws(FilterError) -> Result {
        path.append(step)
        let result = try body(&self)
        path.removeLast()
        return result
    }

    /// Counts one condition against the ceiling.
    private mutating func countCondition() throws(FilterError) {
        conditions += 1
        if conditions > limits.conditions {
            throw refused(expected: "at most \(limits.conditions) conditions", found: "more")
        }
    }

    /// Reads each member of an object that has one at least.
    private mutating func members<Part>(
        of expression: FilterExpression, expected: String,
        _ body: (inout FilterReader, FilterExpression.Member) throws(FilterError) -> Part
    ) throws(FilterError) -> [Part] {
        guard case .object(let members) = expression else { throw refused(expected: expected, expression) }
        if members.isEmpty { throw refused(expected: expected, found: "an empty object") }
        var parts: [Part] = []
        for member in members {
            parts.append(try at(member.name) { reader throws(FilterError) in try body(&reader, member) })
        }
        return parts
    }

    /// Reads each element of a list that has one at least.
    private mutating func elements<Part>(
        of expression: FilterExpression, expected: String,
        _ body: (inout FilterReader, FilterExpression) throws(FilterError) -> Part
    ) throws(FilterError) -> [Part] {
        guard case .array(let elements) = expression else { throw refused(expected: expected, expression) }
        if elements.isEmpty { throw refused(expected: expected, found: "an empty list") }
        var parts: [Part] = []
        for (index, element) in elements.enumerated() {
            parts.append(try at("[\(index)]") { reader throws(FilterError) in try body(&reader, element) })
        }
        return parts
    }

    private mutating func nested<Result>(
        _ body: (inout FilterReader) throws(FilterError) -> Result
    ) throws(FilterError) -> Result {
        depth += 1
        if depth > limits.depth { throw refused(expected: "a depth of at most \(limits.depth)", found: "more") }
        let result = try body(&self)
        depth -= 1
        return result
    }

    // MARK: Metadata

    mutating func filter(_ expression: FilterExpression) throws(FilterError) -> Filter {
        try nested { reader throws(FilterError) in
            let parts = try reader.members(of: expression, expected: "an object with a condition") {
                reader, member throws(FilterError) in try reader.part(member)
            }
            return parts.count == 1 ? parts[0] : .and(parts)
        }
    }

    private mutating func part(_ member: FilterExpression.Member) throws(FilterError) -> Filter {
        switch member.name {
        case "$and": return .and(try filters(member.value))
        case "$or": return .or(try filters(member.value))
        case "$not": return .not(try filter(member.value))
        case "#document":
            throw refused(expected: "a field of the metadata", found: "the document's text, which has its own filter")
        case let name where name.hasPrefix("$"):
            throw refused(expected: "the name of a field, $and, $or or $not", found: name)
        case let name: return try field(name, member.value)
        }
    }

    private mutating func filters(_ expression: FilterExpression) throws(FilterError) -> [Filter] {
        try elements(of: expression, expected: "a list of at least one filter") { reader, element throws(FilterError) in
            try reader.filter(element)
        }
    }

    private mutating func field(_ name: String, _ value: FilterExpression) throws(FilterError) -> Filter {
        guard case .object = value else {
            try countCondition()
            return .field(name, .equal(try scalar(value, expected: "a string, a number, a boolean or operators")))
        }
        let conditions = try members(of: value, expected: "an operator") { reader, member throws(FilterError) in
            try reader.condition(member)
        }
        return conditions.count == 1 ? .field(name, conditions[0]) : .and(conditions.map { .field(name, $0) })
    }

    private mutating func condition(_ member: FilterExpression.Member) throws(FilterError) -> Filter.Condition {
        try countCondition()
        let value = member.value
        switch member.name {
        case "$eq": return .equal(try scalar(value))
        case "$ne": return .notEqual(try scalar(value))
        case "$gt": return .greater(try ordered(value))
        case "$gte": return .greaterOrEqual(try ordered(value))
        case "$lt": return .less(try ordered(value))
        case "$lte": return .lessOrEqual(try ordered(value))
        case "$in": return .in(try scalars(value))
        case "$nin": return .notIn(try scalars(value))
        case "$contains": return .contains(try scalar(value))
        case "$not_contains": return .notContains(try scalar(value))
        case "$exists":
            guard case .bool(let wanted) = value else { throw refused(expected: "a boolean", value) }
            return .exists(wanted)
        case let name:
            throw refused(
                expected: "$eq, $ne, $gt, $gte, $lt, $lte, $in, $nin, $contains, $not_contains or $exists", found: name)
        }
    }

    private func scalar(
        _ value: FilterExpression, expected: String = "a string, a number or a boolean"
    ) throws(FilterError) -> MetadataValue {
        switch value {
        case .string(let text): return .string(text)
        case .bool(let flag): return .bool(flag)
        case .integer(let number): return .integer(number)
        case .number(let number) where number.isFinite: return .real(number)
        case .number: throw refused(expected: expected, found: "a number that is not finite")
        case .null, .array, .object: throw refused(expected: expected, value)
        }
    }

    /// A number, or a date.
    private func ordered(_ value: FilterExpression) throws(FilterError) -> MetadataValue {
        switch value {
        case .integer, .number: return try scalar(value)
        case .string(let text):
            guard ISODate.microseconds(text) != nil else {
                throw refused(expected: "a number or an ISO 8601 date", found: "another string")
            }
            return .string(text)
        default: throw refused(expected: "a number or an ISO 8601 date", value)
        }
    }

    private mutating func scalars(_ list: FilterExpression) throws(FilterError) -> [MetadataValue] {
        if case .array(let values) = list, values.count > limits.listLength {
            throw refused(expected: "a list of at most \(limits.listLength) values", found: "\(values.count)")
        }
        var kind: Int?
        return try elements(of: list, expected: "a list of at least one value") {
            reader, element throws(FilterError) in
            let value = try reader.scalar(element)
            guard kind == nil || kind == value.scalarKind else {
                throw reader.refused(expected: "a value of the same type as the others of the list", element)
            }
            kind = value.scalarKind
            return value
        }
    }

    // MARK: Documents

    mutating func documentFilter(_ expression: FilterExpression) throws(FilterError) -> DocumentFilter {
        try nested { reader throws(FilterError) in
            let parts = try reader.members(of: expression, expected: "an object with a condition") {
                reader, member throws(FilterError) in try reader.documentPart(member)
            }
            return parts.count == 1 ? parts[0] : .and(parts)
        }
    }

    private mutating func documentPart(_ member: FilterExpression.Member) throws(FilterError) -> DocumentFilter {
        switch member.name {
        case "$and": return .and(try documentFilters(member.value))
        case "$or": return .or(try documentFilters(member.value))
        case "$contains": return .contains(try text(member.value))
        case "$not_contains": return .notContains(try text(member.value))
        case "$regex": return .regex(try pattern(member.value))
        case "$not_regex": return .notRegex(try pattern(member.value))
        case let name:
            throw refused(expected: "$contains, $not_contains, $regex, $not_regex, $and or $or", found: name)
        }
    }

    private mutating func documentFilters(_ expression: FilterExpression) throws(FilterError) -> [DocumentFilter] {
        try elements(of: expression, expected: "a list of at least one filter") { reader, element throws(FilterError) in
            try reader.documentFilter(element)
        }
    }

    private mutating func text(_ value: FilterExpression) throws(FilterError) -> String {
        try countCondition()
        guard case .string(let text) = value else { throw refused(expected: "a string", value) }
        return text
    }

    private mutating func pattern(_ value: FilterExpression) throws(FilterError) -> TextPattern {
        let source = try text(value)
        guard source.utf8.count <= limits.patternBytes else {
            throw refused(
                expected: "a pattern of at most \(limits.patternBytes) bytes", found: "\(source.utf8.count)")
        }
        do {
            return try TextPattern(source)
        } catch {
            throw refused(
                expected: "a regular expression",
                found: "one that is wrong at character \(error.position): \(error.reason)")
        }
    }
}

extension Filter {
    /// Reads ChromaDB's `where`: `{"city": "Porto"}`, `{"price": {"$gte": 1, "$lt": 5}}`, `$and`, `$or`.
    ///
    /// Beyond ChromaDB's form: several fields, or several operators of a field, must all hold; `$not`; `$exists`; dates
    /// after `$gt`, `$gte`, `$lt`, `$lte`. In the list of `$in` and `$nin`, integers and reals are one type.
    public init(_ expression: FilterExpression, limits: FilterLimits = FilterLimits()) throws(FilterError) {
        var reader = FilterReader(limits: limits)
        self = try reader.filter(expression)
    }
}

extension MetadataValue {
    /// Equal for values that may stand in one list of `$in`.
    fileprivate var scalarKind: Int {
        switch self {
        case .string: 0
        case .bool: 1
        case .integer, .real: 2
        case .list: 3
        }
    }
}
