/// A header value with parameters, such as `form-data; name="file"` (RFC 9110, 5.6.6).
struct HeaderParameters: Equatable {
    /// Lower case.
    let value: String
    /// Names in lower case, each once.
    let parameters: [String: String]

    /// Nil when the text does not have that form.
    ///
    /// In quoted strings a backslash escapes a quote or a backslash and stands for itself before anything else:
    /// old browsers send whole Windows paths.
    init?(_ text: String) {
        var rest = Substring(text)
        let head = rest.prefix { $0 != ";" }
        value = head.trimmed.lowercased()
        guard !value.isEmpty else { return nil }
        rest = rest.dropFirst(head.count)
        var found: [String: String] = [:]
        while rest.first == ";" {
            rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
            if rest.isEmpty { break }
            let name = rest.prefix { $0 != "=" && $0 != ";" && $0 != "\"" }
            rest = rest.dropFirst(name.count)
            let key = name.trimmed.lowercased()
            guard !key.isEmpty, rest.first == "=" else { return nil }
            rest = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
            guard let parameter = Self.parameterValue(&rest) else { return nil }
            rest = rest.drop { $0 == " " || $0 == "\t" }
            guard rest.isEmpty || rest.first == ";", found[key] == nil else { return nil }
            found[key] = parameter
        }
        parameters = found
    }

    private static func parameterValue(_ rest: inout Substring) -> String? {
        guard rest.first == "\"" else {
            let token = rest.prefix { $0 != ";" && $0 != " " && $0 != "\t" }
            rest = rest.dropFirst(token.count)
            return token.isEmpty ? nil : String(token)
        }
        rest = rest.dropFirst()
        var value = ""
        while let character = rest.popFirst() {
            if character == "\"" { return value }
            if character == "\\", let next = rest.first, next == "\"" || next == "\\" {
                rest = rest.dropFirst()
                value.append(next)
            } else {
                value.append(character)
            }
        }
        return nil
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self.drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text = text.dropLast() }
        return String(text)
    }
}

/// Undoes `%xx`. Nil for a broken escape or bytes that are not UTF-8.
func percentDecoded(_ text: some StringProtocol, plusIsSpace: Bool = false) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
        switch byte {
        case UInt8(ascii: "%"):
            guard let high = rest.popFirst().flatMap(hexDigit), let low = rest.popFirst().flatMap(hexDigit) else {
                return nil
            }
            bytes.append(high << 4 | low)
        case UInt8(ascii: "+") where plusIsSpace: bytes.append(32)
        default: bytes.append(byte)
        }
    }
    return String(validating: bytes, as: UTF8.self)
}
