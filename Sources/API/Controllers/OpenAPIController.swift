import Hummingbird
import NIOCore

/// `/openapi.json`: the contract of what this server serves.
struct OpenAPIController: Controller {
    func addRoutes(to routes: Routes) {
        routes.get("/openapi.json", rate: .none, access: .anyone) { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/json"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: PackageResources.openapi_json)))
        }
    }
}
