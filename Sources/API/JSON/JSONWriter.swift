import CRM
import NIOCore
import Store

/// Something that writes itself as one JSON value.
public protocol JSONWritable {
    func write(to json: inout JSONWriter)
}

/// Writes compact JSON straight into a buffer.
///
/// Objects take members in the order given; a nil member is left out, since responses never contain null.
public struct JSONWriter {
    public private(set) var buffer: ByteBuffer

    public init(buffer: ByteBuffer = ByteBuffer()) {
        self.buffer = buffer
    }

    /// `value` as JSON in a buffer of its own.
    public static func encode(_ value: some JSONWritable) -> ByteBuffer {
        var json = JSONWriter()
        value.write(to: &json)
        return json.buffer
    }

    /// Writes an object; `body` adds its members.
    public mutating func object(_ body: (inout Members) -> Void) {
        buffer.writeInteger(UInt8(ascii: "{"))
        var members = Members(json: self)
        buffer = ByteBuffer()
        body(&members)
        self = members.json
        buffer.writeInteger(UInt8(ascii: "}"))
    }

    public mutating func array<Items: Sequence>(_ items: Items) where Items.Element: JSONWritable {
        buffer.writeInteger(UInt8(ascii: "["))
        var isFirst = true
        for item in items {
            if !isFirst { buffer.writeInteger(UInt8(ascii: ",")) }
            isFirst = false
            item.write(to: &self)
        }
        buffer.writeInteger(UInt8(ascii: "]"))
    }

    public mutating func null() { buffer.writeStaticString("null") }

    public mutating func bool(_ value: Bool) {
        if value { buffer.writeStaticString("true") } else { buffer.writeStaticString("false") }
    }

    public mutating func integer(_ value: some BinaryInteger) { buffer.writeString(String(value)) }

    /// The shortest text that reads back as the same number; numbers that JSON cannot hold become null.
    public mutating func number(_ value: Double) {
        guard value.isFinite else { return null() }
        if value == value.rounded(), abs(value) < 1e15 {
            integer(Int64(value))
        } else {
            buffer.writeString("\(value)")
        }
    }

    /// As ``number(_:)``, but whole numbers keep their `.0`, for readers that tell an integer from a real.
    public mutating func real(_ value: some BinaryFloatingPoint & CustomStringConvertible) {
        if value.isFinite { buffer.writeString(value.description) } else { null() }
    }

    public mutating func string(_ text: String) {
        buffer.writeInteger(UInt8(ascii: "\""))
        if text.utf8.contains(where: { $0 < 32 || $0 == 34 || $0 == 92 }) {
            for byte in text.utf8 { escape(byte) }
        } else {
            buffer.writeString(text)
        }
        buffer.writeInteger(UInt8(ascii: "\""))
    }

    private mutating func escape(_ byte: UInt8) {
        switch byte {
        case 34: buffer.writeStaticString("\\\"")
        case 92: buffer.writeStaticString("\\\\")
        case 10: buffer.writeStaticString("\\n")
        case 13: buffer.writeStaticString("\\r")
        case 9: buffer.writeStaticString("\\t")
        case 0..<32:
            buffer.writeString("\\u00" + hexadecimal([byte]))
        default: buffer.writeInteger(byte)
        }
    }

    /// The inside of an object under construction.
    public struct Members {
        fileprivate var json: JSONWriter
        private var isFirst = true

        fileprivate init(json: JSONWriter) {
            self.json = json
        }

        private mutating func name(_ name: String) {
            if !isFirst { json.buffer.writeInteger(UInt8(ascii: ",")) }
            isFirst = false
            json.string(name)
            json.buffer.writeInteger(UInt8(ascii: ":"))
        }

        public mutating func member(_ name: String, _ value: some JSONWritable) {
            self.name(name)
            value.write(to: &json)
        }

        /// Left out when nil.
        public mutating func member(_ name: String, _ value: (some JSONWritable)?) {
            if let value { member(name, value) }
        }

        /// An enumeration by its wire name.
        public mutating func member<Value: RawRepresentable>(_ name: String, _ value: Value)
        where Value.RawValue == String {
            member(name, value.rawValue)
        }

        public mutating func member<Value: RawRepresentable>(_ name: String, _ value: Value?)
        where Value.RawValue == String {
            if let value { member(name, value.rawValue) }
        }

        /// A nested object.
        public mutating func object(_ name: String, _ body: (inout Members) -> Void) {
            self.name(name)
            json.object(body)
        }
    }
}

extension String: JSONWritable {
    public func write(to json: inout JSONWriter) { json.string(self) }
}
extension Bool: JSONWritable {
    public func write(to json: inout JSONWriter) { json.bool(self) }
}
extension Int: JSONWritable {
    public func write(to json: inout JSONWriter) { json.integer(self) }
}
extension Int64: JSONWritable {
    public func write(to json: inout JSONWriter) { json.integer(self) }
}
extension Double: JSONWritable {
    public func write(to json: inout JSONWriter) { json.number(self) }
}
extension Timestamp: JSONWritable {
    public func write(to json: inout JSONWriter) { json.string(rfc3339) }
}
extension Array: JSONWritable where Element: JSONWritable {
    public func write(to json: inout JSONWriter) { json.array(self) }
}
/// Names in alphabetical order.
extension Dictionary: JSONWritable where Key == String, Value: JSONWritable {
    public func write(to json: inout JSONWriter) {
        json.object { members in
            for (name, value) in self.sorted(by: { $0.key < $1.key }) { members.member(name, value) }
        }
    }
}
extension JSONValue: JSONWritable {
    public func write(to json: inout JSONWriter) {
        switch self {
        case .null: json.null()
        case .bool(let value): json.bool(value)
        case .integer(let value): json.integer(value)
        case .number(let value): json.number(value)
        case .string(let text): json.string(text)
        case .array(let items): json.array(items)
        case .object(let object):
            json.object { members in
                for name in object.names { members.member(name, object[name]) }
            }
        }
    }
}

/// A JSON value built on the spot, for answers that have no type of their own.
public struct JSONDocument: JSONWritable {
    private let body: (inout JSONWriter.Members) -> Void

    public init(_ body: @escaping (inout JSONWriter.Members) -> Void) {
        self.body = body
    }

    public func write(to json: inout JSONWriter) { json.object(body) }
}
