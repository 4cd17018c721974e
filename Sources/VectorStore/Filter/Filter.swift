/// What the metadata of a record must be for the record to be found.
///
/// The rules are those of ChromaDB's `where`, ``FieldIndex`` answers the same questions for a whole collection:
/// - A record that lacks the field fails every condition except `notEqual`, `notIn`, `notContains` and `exists(false)`,
///   which are the exact complements of their positives. A value of another type counts as a value that differs.
/// - Integers and reals are compared by their mathematical values, without rounding: `1` equals `1.0`, and
///   2⁵³ + 1 does not equal 2⁵³. A boolean is no number. NaN equals nothing and has no order.
/// - Strings are equal if their UTF-8 bytes are. Only strings that are ISO 8601 dates (``ISODate``) have an order:
///   the instants are compared, with a date alone as its midnight and a time without a zone as UTC.
/// - A list is equal to nothing and has no order; `contains` asks whether one of its elements is equal.
///
/// Where this is wider than ChromaDB 1.5.9: the order of dates, `exists`, `not`, and elements of lists, which ChromaDB
/// compares by type as well. Names of fields are compared as Swift compares strings, by canonical equivalence.
public indirect enum Filter: Sendable, Hashable {
    case field(String, Condition)
    /// All of them hold; true for none.
    case and([Filter])
    /// One of them holds; false for none.
    case or([Filter])
    case not(Filter)

    /// A condition on the value of one field.
    public enum Condition: Sendable, Hashable {
        case equal(MetadataValue)
        case notEqual(MetadataValue)
        case greater(MetadataValue)
        case greaterOrEqual(MetadataValue)
        case less(MetadataValue)
        case lessOrEqual(MetadataValue)
        /// Equal to one of them.
        case `in`([MetadataValue])
        /// Equal to none of them.
        case notIn([MetadataValue])
        /// A list of which an element is equal.
        case contains(MetadataValue)
        case notContains(MetadataValue)
        /// Whether the record has the field, be it an empty list.
        case exists(Bool)
    }
}
