import CRM
import Foundation
import Store

/// Reads one JSON value. A value that breaks a rule is reported and replaced by a placeholder.
public final class ValueReader {
    private let value: JSONValue
    private let pointer: String
    private let violations: Violations?
    private let isRequired: Bool
    /// Set when optional text turned out to be blank.
    private(set) var isBlank = false

    init(value: JSONValue, pointer: String, violations: Violations?, isRequired: Bool = true) {
        self.value = value
        self.pointer = pointer
        self.violations = violations
        self.isRequired = isRequired
    }

    /// Reports a violation of this value.
    public func violation(_ code: String, _ message: String) {
        violations?.add(pointer, code, message)
    }

    private func wrongType(_ expected: String) {
        violation("wrong_type", "must be \(expected), not \(value.typeName)")
    }

    // MARK: Text

    /// Text of ordinary fields: NFC, trimmed, no control characters but line feed and tab; length in Unicode scalars.
    public func text(_ length: ClosedRange<Int>) -> String {
        guard case .string(let raw) = value else {
            wrongType("a string")
            return ""
        }
        let text = raw.precomposedStringWithCanonicalMapping.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !text.isEmpty else {
            if isRequired {
                if length.contains(0) { return "" }
                violation("required", "is required")
            } else {
                isBlank = true
            }
            return ""
        }
        let isControl = { (scalar: Unicode.Scalar) in
            scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
        }
        if text.unicodeScalars.contains(where: isControl) {
            violation("invalid_format", "must not contain control characters")
        }
        check(text.unicodeScalars.count, in: length)
        return text
    }

    /// Text where every character counts, such as a password: nothing is trimmed or changed.
    public func secret(_ length: ClosedRange<Int>) -> String {
        guard case .string(let text) = value else {
            wrongType("a string")
            return ""
        }
        check(text.unicodeScalars.count, in: length)
        return text
    }

    private func check(_ count: Int, in length: ClosedRange<Int>) {
        if count < length.lowerBound {
            violation("too_short", "must have at least \(length.lowerBound) characters")
        } else if count > length.upperBound {
            violation("too_long", "must have at most \(length.upperBound) characters")
        }
    }

    /// Text that `isValid` accepts; `form` says what it should look like.
    public func text(_ length: ClosedRange<Int>, form: String, isValid: (String) -> Bool) -> String {
        let text = text(length)
        if !text.isEmpty, !isValid(text) { violation("invalid_format", "must be \(form)") }
        return text
    }

    public func email() -> EmailAddress {
        let text = text(3...254)
        if let address = EmailAddress(text) { return address }
        if !text.isEmpty { violation("invalid_format", "must be an e-mail address") }
        guard let placeholder = EmailAddress("nobody@invalid") else {
            preconditionFailure("the placeholder is an address")
        }
        return placeholder
    }

    /// A UUID in lower case.
    public func id() -> String {
        let text = text(1...64)
        guard !text.isEmpty else { return "" }
        guard let id = UUIDv7.canonical(text) else {
            violation("invalid_format", "must be a UUID")
            return ""
        }
        return id
    }

    /// An RFC 3339 instant with any offset.
    public func timestamp() -> Timestamp {
        let text = text(1...64)
        guard !text.isEmpty else { return Timestamp(milliseconds: 0) }
        guard let instant = Timestamp(rfc3339: text) else {
            violation("invalid_format", "must be an RFC 3339 date-time with an offset")
            return Timestamp(milliseconds: 0)
        }
        return instant
    }

    /// One of an enumeration's names.
    public func choice<Choice: RawRepresentable & CaseIterable>(_ type: Choice.Type = Choice.self) -> Choice
    where Choice.RawValue == String {
        guard let placeholder = Choice.allCases.first else {
            preconditionFailure("\(Choice.self) has no cases to choose from")
        }
        guard case .string(let name) = value else {
            wrongType("a string")
            return placeholder
        }
        guard let choice = Choice(rawValue: name) else {
            let names = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            violation("unknown_value", "must be one of: \(names)")
            return placeholder
        }
        return choice
    }

    // MARK: Numbers and truth

    /// A whole number; `1.0` is none, `1` is.
    public func integer(_ range: ClosedRange<Int64>) -> Int64 {
        guard case .integer(let number) = value else {
            wrongType("an integer")
            return range.lowerBound
        }
        guard range.contains(number) else {
            violation("out_of_range", "must be between \(range.lowerBound) and \(range.upperBound)")
            return range.lowerBound
        }
        return number
    }

    public func int(_ range: ClosedRange<Int>) -> Int {
        Int(integer(Int64(range.lowerBound)...Int64(range.upperBound)))
    }

    public func number(_ range: ClosedRange<Double>) -> Double {
        let number: Double
        switch value {
        case .integer(let whole): number = Double(whole)
        case .number(let any): number = any
        default:
            wrongType("a number")
            return range.lowerBound
        }
        guard range.contains(number) else {
            violation("out_of_range", "must be between \(range.lowerBound) and \(range.upperBound)")
            return range.lowerBound
        }
        return number
    }

    public func bool() -> Bool {
        guard case .bool(let truth) = value else {
            wrongType("a boolean")
            return false
        }
        return truth
    }

    // MARK: Structure

    /// A nested object; members not asked for are violations.
    public func object<T>(_ read: (ObjectReader) -> T) -> T {
        guard case .object(let object) = value else {
            wrongType("an object")
            return read(ObjectReader(object: nil, pointer: pointer, violations: nil))
        }
        let reader = ObjectReader(object: object, pointer: pointer, violations: violations)
        let result = read(reader)
        reader.finish()
        return result
    }

    /// A list with a number of items in `count`, each read by `read`.
    public func array<T>(_ count: ClosedRange<Int>, _ read: (ValueReader) -> T) -> [T] {
        guard case .array(let items) = value else {
            wrongType("an array")
            return []
        }
        guard items.count >= count.lowerBound else {
            violation("too_few_items", "must have at least \(count.lowerBound) items")
            return []
        }
        guard items.count <= count.upperBound else {
            violation("too_many_items", "must have at most \(count.upperBound) items")
            return []
        }
        return items.enumerated().map { index, item in
            read(ValueReader(value: item, pointer: "\(pointer)/\(index)", violations: violations))
        }
    }

    /// A list without repetitions.
    public func uniqueArray<T: Hashable>(_ count: ClosedRange<Int>, _ read: (ValueReader) -> T) -> [T] {
        let items = array(count, read)
        if Set(items).count != items.count { violation("duplicate_item", "must not repeat an item") }
        return items
    }

    /// The value as it is, for free-form members.
    public func any() -> JSONValue { value }
}
