import VectorStore

/// Chroma's `ids`, `where` and `where_document` as a filter of ours.
enum ChromaFilter {
    static func read(_ body: ChromaBody) throws -> RecordFilter {
        var filter = RecordFilter(keys: try body.strings("ids"))
        if let value = body["where"] {
            let message = "Invalid where clause"
            guard let parts = separate(expression(value)) else { throw ChromaError.invalid(message) }
            do {
                filter.metadata = try parts.metadata.map { try Filter($0) }
                filter.text = try parts.text.map { try DocumentFilter($0) }
            } catch {
                throw ChromaError.invalid(message)
            }
        }
        if let value = body["where_document"] {
            do {
                let text = try DocumentFilter(expression(value))
                filter.text = filter.text.map { .and([$0, text]) } ?? text
            } catch {
                throw ChromaError.invalid("Invalid where document clause")
            }
        }
        return filter
    }

    /// Parts conditions on `#document` from those on metadata; nil where an `$or` mixes the two.
    private static func separate(
        _ expression: FilterExpression
    ) -> (metadata: FilterExpression?, text: FilterExpression?)? {
        guard case .object(let members) = expression, !members.isEmpty else { return (expression, nil) }
        func join(_ parts: [FilterExpression], _ name: String) -> FilterExpression? {
            parts.count < 2 ? parts.first : .object([.init(name: name, value: .array(parts))])
        }
        var (metadata, texts): ([FilterExpression], [FilterExpression]) = ([], [])
        for member in members {
            guard member.name == "#document" || member.name == "$and" || member.name == "$or" else {
                metadata.append(.object([member]))
                continue
            }
            if member.name == "#document" {
                texts.append(member.value)
                continue
            }
            guard case .array(let items) = member.value, !items.isEmpty else { return (expression, nil) }
            let parts = items.compactMap(separate)
            guard parts.count == items.count else { return nil }
            let (fields, words) = (parts.compactMap(\.metadata), parts.compactMap(\.text))
            if member.name == "$or", !fields.isEmpty, !words.isEmpty { return nil }
            if let joined = join(fields, member.name) { metadata.append(joined) }
            if let joined = join(words, member.name) { texts.append(joined) }
        }
        return (join(metadata, "$and"), join(texts, "$and"))
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
