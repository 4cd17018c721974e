import API
import ArgumentParser
import Foundation

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serves the API on http://localhost:8000/api/v1 from one data folder.",
        discussion: """
            The first start makes the folder, its signing key and the first administrator, whose one-time password is
            printed once. All settings are environment variables named PROPERTYPRO_…; --settings lists them.
            Stop with Ctrl-C or SIGTERM: running requests finish.
            """)

    @OptionGroup var common: CommonOptions
    @Option(name: .long, help: "Port to listen on; 0 takes a free one. (default: 8000)") var port: Int?
    @Option(name: .long, help: "Address to listen on. (default: 127.0.0.1)") var host: String?
    @Flag(name: .long, help: "List every setting with its default, and end.") var settings = false

    func validate() throws {
        if let port, !(0...65_535).contains(port) { throw ValidationError("--port must be between 0 and 65535.") }
    }

    func run() async throws {
        guard !settings else { return Self.listSettings() }
        var configuration = try Configuration()
        if let port { configuration.port = port }
        if let host { configuration.host = host }
        let ready = configuration
        try await common.withInstallation("serve on port \(ready.port)", makesFolder: true) { installation in
            let server = APIServer(configuration: ready, installation: installation)
            if let password = try await server.prepareAdministrator() {
                Output.line("Administrator: \(ready.adminEmail)")
                Output.line("One-time password: \(password)")
                Output.line("It is shown only now. Sign in and change it.")
            }
            try await server.run { port in
                Output.line("Serving http://\(ready.host):\(port)/api/v1")
            }
        }
    }

    private static func listSettings() {
        for key in API.Configuration.keys {
            let unit = key.unit.isEmpty ? "" : ", \(key.unit)"
            let standard = key.standard.isEmpty ? "" : ", default \(key.standard)"
            Output.line("\(key.name) (\(key.type)\(unit)\(standard))")
            Output.line("    \(key.help)")
        }
    }
}
