/// Reads the members of one JSON object. Members that are never asked for are violations.
public final class ObjectReader {
    private let object: JSONObject?
    private let pointer: String
    /// Nil while placeholders are being made: then nothing is reported.
    private let violations: Violations?
    private var known: Set<String> = []

    init(object: JSONObject?, pointer: String, violations: Violations?) {
        self.object = object
        self.pointer = pointer
        self.violations = violations
    }

    /// A member that must be there and not null; blank text counts as missing.
    public func required<T>(_ name: String, _ read: (ValueReader) -> T) -> T {
        let path = path(name)
        switch object?[name] {
        case nil, .null?:
            violations?.add(path, "required", "is required")
            return read(ValueReader(value: .null, pointer: path, violations: nil))
        case let value?:
            return read(ValueReader(value: value, pointer: path, violations: violations))
        }
    }

    /// A member that may be absent; blank text counts as absent, null is a violation.
    public func optional<T>(_ name: String, _ read: (ValueReader) -> T) -> T? {
        let path = path(name)
        switch object?[name] {
        case nil: return nil
        case .null?:
            violations?.add(path, "wrong_type", "must not be null")
            return nil
        case let value?:
            let reader = ValueReader(value: value, pointer: path, violations: violations, isRequired: false)
            let result = read(reader)
            return reader.isBlank ? nil : result
        }
    }

    /// A member of a merge patch; null and blank text clear it.
    public func patch<T>(_ name: String, _ read: (ValueReader) -> T) -> Patch<T> {
        let path = path(name)
        switch object?[name] {
        case nil: return .keep
        case .null?: return .clear
        case let value?:
            let reader = ValueReader(value: value, pointer: path, violations: violations, isRequired: false)
            let result = read(reader)
            return reader.isBlank ? .clear : .set(result)
        }
    }

    /// A member of a merge patch that cannot be cleared; nil when not mentioned.
    public func patchRequired<T>(_ name: String, _ read: (ValueReader) -> T) -> T? {
        let path = path(name)
        switch object?[name] {
        case nil: return nil
        case .null?:
            violations?.add(path, "required", "cannot be cleared")
            return nil
        case let value?: return read(ValueReader(value: value, pointer: path, violations: violations))
        }
    }

    /// Whether the member is there, null or not.
    public func has(_ name: String) -> Bool { object?[name] != nil }

    /// Reports a rule that spans members.
    public func violation(_ name: String, _ code: String, _ message: String) {
        violations?.add(pointer + "/" + Self.escape(name), code, message)
    }

    private func path(_ name: String) -> String {
        known.insert(name)
        return pointer + "/" + Self.escape(name)
    }

    func finish() {
        guard let object, let violations else { return }
        for name in object.names where !known.contains(name) {
            violations.add(pointer + "/" + Self.escape(name), "unknown_member", "is not a member of this object")
        }
    }

    /// RFC 6901, section 3.
    static func escape(_ name: String) -> String {
        name.replacing("~", with: "~0").replacing("/", with: "~1")
    }
}
