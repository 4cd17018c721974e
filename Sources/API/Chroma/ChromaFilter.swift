import VectorStore

/// Chroma's `ids`, `where` and `where_document` as a filter of ours.
enum ChromaFilter {
    static func read(_ body: ChromaBody) throws -> RecordFilter {
        var filter = RecordFilter(keys: try body.strings("ids"))
        if let value = body["where"] {
            do {
                filter.metadata = try Filter(expression(value))
            } catch {
                throw ChromaError.invalid("Invalid where clause")
            }
        }
        if let value = body["where_document"] {
            do {
                filter.text = try DocumentFilter(expression(value))
            } catch {
                throw ChromaError.invalid("Invalid where document clause")
            }
        }
        return filter
    }

    private static func expression(_ value: JSONValue) -> FilterExpression {
        switch value {
        case .null: .null
        case .bool(let flag): .bool(flag)
        case .integer(let number): .integer(number)
        case .number(let number): .number(number)
        case .string(let text): .string(text)
        case .array(let items): .array(items.map(expression))
        case .object(let object):
            .object(object.names.map { .init(name: $0, value: object[$0].map(expression) ?? .null) })
        }
    }
}
