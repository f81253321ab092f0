import AccessScopes
import HTTPTypes
import TestSupport
import Testing

@testable import HostGateway

/// The tables of routes, parameters and errors in `docs/http-api.md` are those the gateway serves.
///
/// `PENSTOCK_UPDATE_DOCS=1 make test ARGS="--filter RepositoryTests"` writes them anew.
struct EndpointTableTests {
    private static let path = "docs/http-api.md"

    @Test func tablesAreCurrent() throws {
        var text = try Repository.text(Self.path)
        for (name, table) in [("routes", Self.routes), ("parameters", Self.parameters), ("errors", Self.errors)] {
            text = try GeneratedFile.replacing(name, with: table, in: text, of: Self.path)
        }
        try GeneratedFile.expect(Self.path, is: text)
    }

    private static var routes: String {
        let rows = Endpoint.all.map { endpoint in
            "| `\(endpoint.method.rawValue) \(endpoint.path)` | \(endpoint.summary) | \(endpoint.scope == .open ? "" : "`\(endpoint.scope.rawValue)`") |\n"
        }
        return "| Route | Answers | Needs |\n|---|---|---|\n" + rows.joined()
            + "| `/ws/...`, `/sse/...` | live channels | |\n"
    }

    private static var errors: String {
        let rows = GatewayError.Code.all.map { "| \($0.status.code) | `\($0.name)` | \($0.summary) |\n" }
        return "| Status | `code` | When |\n|---|---|---|\n" + rows.joined()
    }

    private static var parameters: String {
        let rows = Endpoint.all.flatMap { endpoint in
            endpoint.parameters.map { parameter in
                "| `\(endpoint.path)` | `\(parameter.name)` | \(parameter.type.allowed) | "
                    + "\(parameter.standard ?? "must be there") |\n"
            }
        }
        return "| Route | Parameter | Allowed | Without it |\n|---|---|---|---|\n" + rows.joined()
    }
}
