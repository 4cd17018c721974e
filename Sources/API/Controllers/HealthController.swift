import CRM
import Hummingbird
import Store

/// `/health`, `/health/details`: is everything there that the product needs.
struct HealthController: Controller {
    let probe: HealthProbe

    func addRoutes(to routes: Routes) {
        routes.get("/health", rate: .none, access: .anyone) { _, _ in
            let isUp = await probe.isDatabaseUp()
            return answer(isUp ? .ok : .down) { _ in }
        }
        routes.get("/health/details", access: .roles(.admin, .manager)) { _, _ in
            let (schema, components) = await probe.components()
            return answer(HealthStatus(of: components)) { members in
                members.member("schema_version", schema)
                members.member("components", components)
            }
        }
    }

    private func answer(_ status: HealthStatus, _ more: @escaping (inout JSONWriter.Members) -> Void) -> Response {
        let body = JSONDocument { members in
            members.member("status", status)
            members.member("version", ProductVersion.current)
            members.member("uptime_s", probe.uptimeSeconds)
            members.member("timestamp", Timestamp.now())
            more(&members)
        }
        var response = Response.json(body, status: status == .down ? .serviceUnavailable : .ok)
        if status == .down { response.headers[.retryAfter] = "5" }
        return response
    }
}

enum HealthStatus: String, Sendable {
    case ok, degraded, down

    /// Down when a required component is down, degraded when any other is in trouble.
    init(of components: [ComponentHealth]) {
        if components.contains(where: { $0.isRequired && $0.status == .down }) {
            self = .down
        } else {
            self = components.allSatisfy { $0.status == .ok || $0.status == .disabled } ? .ok : .degraded
        }
    }
}
