import CRM
import Foundation
import Logging
import NIOCore
import Store

/// Writes each log entry as one JSON object on one line, to standard error unless told otherwise.
public struct JSONLogHandler: LogHandler {
    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    private let label: String
    private let clock: WallClock
    private let output: @Sendable ([UInt8]) -> Void

    public init(
        label: String, level: Logger.Level = .info, clock: WallClock = .system,
        output: @escaping @Sendable ([UInt8]) -> Void = JSONLogHandler.standardError
    ) {
        self.label = label
        self.clock = clock
        self.output = output
        logLevel = level
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var values = metadata
        values.merge(event.metadata ?? [:]) { $1 }
        if let error = event.error { values["error"] = .string("\(error)") }
        let line = JSONDocument { members in
            members.member("time", clock.now)
            members.member("level", event.level.rawValue)
            members.member("logger", label)
            members.member("message", event.message.description)
            let taken: Set = ["time", "level", "logger", "message"]
            for (name, value) in values.sorted(by: { $0.key < $1.key }) {
                members.member(taken.contains(name) ? name + "_" : name, Metadata(value: value))
            }
        }
        output(Array(buffer: JSONWriter.encode(line)) + [10])
    }

    /// Numbers stay numbers, the rest becomes text.
    private struct Metadata: JSONWritable {
        let value: Logger.MetadataValue

        func write(to json: inout JSONWriter) {
            switch value {
            case .string(let text): json.string(text)
            case .stringConvertible(let any):
                switch any {
                case let number as any BinaryInteger: json.string(or: Int64(exactly: number), "\(number)")
                case let number as Double: json.number(number)
                case let truth as Bool: json.bool(truth)
                default: json.string("\(any)")
                }
            case .array(let items): json.array(items.map(Metadata.init))
            case .dictionary(let items): items.mapValues(Metadata.init).write(to: &json)
            }
        }
    }

    /// One write call a line, so that lines of several threads never mix (up to the size of a pipe's buffer).
    @Sendable public static func standardError(_ line: [UInt8]) {
        // SAFETY: `line` lives for the call and its count is passed beside it. A failure has nowhere to be told.
        _ = write(STDERR_FILENO, line, line.count)
    }
}

extension JSONWriter {
    fileprivate mutating func string(or number: Int64?, _ text: String) {
        if let number { integer(number) } else { string(text) }
    }
}
