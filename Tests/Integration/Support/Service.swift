import Glibc
import Testing

/// A running service.
struct Service {
    let child: Child
    let port: UInt16

    /// Asks for a path and expects 200.
    func json(_ path: String, at place: SourceLocation = #_sourceLocation) throws -> JSON {
        let reply = try HTTP.get(path, port: port)
        #expect(reply.status == 200, "\(path): \(reply.text)", sourceLocation: place)
        return try JSON(parsing: reply.text)
    }

    /// The counters of the first pipeline.
    func pipeline() throws -> JSON { try json("/api/v2/system/metrics")["pipelines"][0] }

    /// The state of an instance and what it says of itself.
    func status(_ kind: String, _ id: String) throws -> (state: String, message: String) {
        let all = try json("/api/v2/system/health")["instances"].items
        let own = all.first { $0["kind"].text == kind && $0["id"].text == id }
        return (own?["state"].text ?? "", own?["message"].text ?? "")
    }

    /// Ends it as an operator does; returns the exit code.
    @discardableResult
    func stop(_ signal: Int32 = SIGTERM) async throws -> Int32 {
        child.signal(signal)
        return try await child.exitCode()
    }
}
