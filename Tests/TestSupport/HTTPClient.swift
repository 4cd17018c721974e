import Foundation

/// An answer as it came over the wire.
public struct HTTPReply: Sendable {
    public let status: Int
    /// Names in lower case.
    public let headers: [String: String]
    public let body: [UInt8]

    public var text: String { String(decoding: body, as: UTF8.self) }

    /// The body as a JSON object, empty if it is none.
    public var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(body))) as? [String: Any] ?? [:]
    }

    public func string(_ name: String) -> String? { json[name] as? String }
    public var code: String? { string("code") }

    /// Pointers or parameters of the listed violations with their codes, such as `/email required`.
    public var violations: [String] {
        (json["errors"] as? [[String: Any]] ?? []).map { error in
            let place = error["pointer"] as? String ?? error["parameter"] as? String ?? "?"
            return place + " " + (error["code"] as? String ?? "?")
        }
    }
}

public enum HTTPClientError: Error, Equatable {
    case system(String, code: Int32)
    case closed(after: Int)
    case malformed(String)
}

/// One plain connection to the loopback interface on which anything can be sent, well formed or not.
///
/// The methods block. Tests call ``HTTPClient`` instead, which runs them on a thread of their own: blocking the
/// cooperative pool would stop the server under test.
public final class HTTPConnection {
    private let descriptor: Int32
    private var received: [UInt8] = []

    public init(port: Int, timeoutSeconds: Int = 60) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw HTTPClientError.system("socket", code: errno) }
        var timeout = timeval(tv_sec: timeoutSeconds, tv_usec: 0)
        // SAFETY: the structures live for each call and their sizes are passed beside them.
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(truncatingIfNeeded: port)).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw HTTPClientError.system("connect", code: errno) }
    }

    deinit { close(descriptor) }

    public func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard sent > 0 else { throw HTTPClientError.system("send", code: errno) }
            rest = rest.dropFirst(sent)
        }
    }

    public func send(_ text: String) throws { try send(Array(text.utf8)) }

    /// Tells the server that nothing more comes.
    public func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Everything until the server closes its side, waiting for it up to the time limit.
    public func readToEnd() throws -> [UInt8] {
        while try receive() {}
        defer { received = [] }
        return received
    }

    /// Reads until `text` has come, and drops everything up to its end.
    public func read(until text: String) throws {
        let wanted = Array(text.utf8)
        while true {
            let starts = received.indices.dropLast(max(0, wanted.count - 1))
            if let start = starts.first(where: { received[$0...].starts(with: wanted) }) {
                received.removeFirst(start + wanted.count)
                return
            }
            guard try receive() else { throw HTTPClientError.closed(after: received.count) }
        }
    }

    /// The next answer on this connection.
    public func readReply(isHead: Bool = false) throws -> HTTPReply {
        var headEnd = findHeadEnd()
        while headEnd == nil {
            guard try receive() else { throw HTTPClientError.closed(after: received.count) }
            headEnd = findHeadEnd()
        }
        guard let headEnd else { throw HTTPClientError.malformed("no head") }
        let head = String(decoding: received[..<headEnd], as: UTF8.self)
        received.removeFirst(headEnd + 4)
        let lines = head.components(separatedBy: "\r\n")
        let status = lines[0].split(separator: " ").dropFirst().first.flatMap { Int($0) }
        guard let status else { throw HTTPClientError.malformed(lines[0]) }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2 else { throw HTTPClientError.malformed(line) }
            headers[parts[0].lowercased()] = parts[1].trimmingCharacters(in: .whitespaces)
        }
        let body: [UInt8]
        if isHead || status == 204 || status == 304 {
            body = []
        } else if headers["transfer-encoding"] == "chunked" {
            body = try readChunks()
        } else {
            body = try take(Int(headers["content-length"] ?? "0") ?? 0)
        }
        return HTTPReply(status: status, headers: headers, body: body)
    }

    private func receive() throws -> Bool {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { throw HTTPClientError.system("recv", code: errno) }
        received.append(contentsOf: buffer[..<count])
        return count > 0
    }

    private func findHeadEnd() -> Int? {
        guard received.count >= 4 else { return nil }
        return (0...(received.count - 4)).first { received[$0..<($0 + 4)].elementsEqual([13, 10, 13, 10]) }
    }

    private func take(_ count: Int) throws -> [UInt8] {
        while received.count < count {
            guard try receive() else { throw HTTPClientError.closed(after: received.count) }
        }
        defer { received.removeFirst(count) }
        return Array(received[..<count])
    }

    private func readChunks() throws -> [UInt8] {
        var body: [UInt8] = []
        while true {
            while received.firstIndex(of: 10) == nil {
                guard try receive() else { throw HTTPClientError.closed(after: received.count) }
            }
            let end = received.firstIndex(of: 10) ?? 0
            let line = String(decoding: received[..<end], as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
            received.removeFirst(end + 1)
            guard let size = Int(line, radix: 16) else { throw HTTPClientError.malformed(line) }
            body.append(contentsOf: try take(size))
            _ = try take(2)
            if size == 0 { return body }
        }
    }
}

/// A small HTTP/1.1 client for tests over a real socket.
public struct HTTPClient: Sendable {
    public let port: Int

    public init(port: Int) {
        self.port = port
    }

    /// Sends one well-formed request on a connection of its own.
    public func send(
        _ method: String, _ path: String, headers: [String: String] = [:], body: [UInt8] = []
    ) async throws -> HTTPReply {
        var head = "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\n"
        for (name, value) in headers { head += "\(name): \(value)\r\n" }
        if !body.isEmpty || method == "POST" { head += "Content-Length: \(body.count)\r\n" }
        let bytes = Array((head + "\r\n").utf8) + body
        return try await connect { connection in
            // A server that refuses early may have closed while we still send; its answer counts.
            try? connection.send(bytes)
            return try connection.readReply(isHead: method == "HEAD")
        }
    }

    /// Sends JSON text.
    public func send(
        _ method: String, _ path: String, token: String? = nil, headers: [String: String] = [:], json: String? = nil
    ) async throws -> HTTPReply {
        var headers = headers
        if let token { headers["Authorization"] = "Bearer \(token)" }
        if json != nil, headers["Content-Type"] == nil { headers["Content-Type"] = "application/json" }
        return try await send(method, path, headers: headers, body: Array((json ?? "").utf8))
    }

    /// Lends a raw connection to `body` on a thread of its own.
    public func connect<T: Sendable>(_ body: @escaping @Sendable (HTTPConnection) throws -> T) async throws -> T {
        let port = port
        return try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try body(HTTPConnection(port: port)) })
            }
        }
    }
}
