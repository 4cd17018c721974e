import HTTPTypes
import Hummingbird
import Synchronization

/// A group of operations on one resource.
public protocol Controller: Sendable {
    func addRoutes(to routes: Routes)
}

/// Collects the operations of the API. A path is written as in the contract: `/documents/{id}`.
///
/// Each operation states its rate class and who may call it; ``Admission`` checks both before the handler runs.
/// Not thread-safe: routes are added while the server is being built.
public final class Routes {
    public typealias Handler = @Sendable (Request, APIContext) async throws -> Response

    private let router: Router<APIContext>
    private let admission: Admission
    private let prefix: String
    private let paths: PathTable

    init(router: Router<APIContext>, admission: Admission, prefix: String, paths: PathTable) {
        self.router = router
        self.admission = admission
        self.prefix = prefix
        self.paths = paths
    }

    public func get(_ path: String, rate: RateClass = .general, access: Access, _ handler: @escaping Handler) {
        add(.get, path, rate: rate, access: access, handler)
    }

    public func post(_ path: String, rate: RateClass = .general, access: Access, _ handler: @escaping Handler) {
        add(.post, path, rate: rate, access: access, handler)
    }

    public func put(_ path: String, rate: RateClass = .general, access: Access, _ handler: @escaping Handler) {
        add(.put, path, rate: rate, access: access, handler)
    }

    public func patch(_ path: String, rate: RateClass = .general, access: Access, _ handler: @escaping Handler) {
        add(.patch, path, rate: rate, access: access, handler)
    }

    public func delete(_ path: String, rate: RateClass = .general, access: Access, _ handler: @escaping Handler) {
        add(.delete, path, rate: rate, access: access, handler)
    }

    private func add(
        _ method: HTTPRequest.Method, _ path: String, rate: RateClass, access: Access, _ handler: @escaping Handler
    ) {
        let full = prefix + path
        paths.add(full, method: method)
        let admission = admission
        router.on(RouterPath(full), method: method) { request, context in
            try await admission.admit(request, context, rate: rate, access: access, handler: handler)
        }
    }
}

/// Which methods each path has, for the answers 404 and 405.
final class PathTable: Sendable {
    private struct Entry {
        let segments: [String]
        var methods: Set<String>
    }
    private let entries = Mutex<[Entry]>([])

    func add(_ path: String, method: HTTPRequest.Method) {
        let segments = path.split(separator: "/").map(String.init)
        // Whoever answers GET answers HEAD (RFC 9110, 9.1).
        let methods: Set = method == .get ? ["GET", "HEAD"] : [method.rawValue]
        entries.withLock { entries in
            if let index = entries.firstIndex(where: { $0.segments == segments }) {
                entries[index].methods.formUnion(methods)
            } else {
                entries.append(Entry(segments: segments, methods: methods))
            }
        }
    }

    /// The methods of the path that `path` matches best (literal segments before parameters), in alphabetical
    /// order; empty for an unknown path.
    func methods(of path: String) -> [String] {
        let segments = path.split(separator: "/").map(String.init)
        let matching = entries.withLock { entries in
            entries.filter { entry in
                entry.segments.count == segments.count
                    && zip(entry.segments, segments).allSatisfy { $0.hasPrefix("{") || $0 == $1 }
            }
        }
        let best = matching.min { left, right in
            left.segments.count { $0.hasPrefix("{") } < right.segments.count { $0.hasPrefix("{") }
        }
        return best?.methods.sorted() ?? []
    }
}
