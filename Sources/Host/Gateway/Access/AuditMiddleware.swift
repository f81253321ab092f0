import AccessScopes
import HostSecurity
import Hummingbird

/// Writes each change, each login and each request that was refused to the log of changes, once its answer is known; and each
/// that read something, where that is logged.
struct AuditMiddleware: RouterMiddleware {
    /// Writes a line.
    let write: Gateway.Audit
    /// Writes a line of what was only read; `nil` where that is not logged.
    let writeRead: Gateway.Audit?
    /// What routes do.
    let table: ScopeTable

    @concurrent
    func handle(
        _ request: Request, context: GatewayContext,
        next: @concurrent (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        let note = AuditNote()
        let response = try await AuditNote.$current.withValue(note) { try await next(request, context) }
        let who = note.actor ?? .unknown(from: context.peer.address)
        if let event = event(request, response.status.code, note) {
            await write(who, event)
        } else if let writeRead, let scope = table.need(request.method.rawValue, request.uri.path)?.scope,
            scope.isOfData
        {
            let target = request.uri.path + (request.uri.query.map { "?\($0)" } ?? "")
            await writeRead(who, .read(scope, target, result: response.status.code < 400 ? "done" : "failed"))
        }
        return response
    }

    private func event(_ request: Request, _ status: Int, _ note: AuditNote) -> AuditEntry.Event? {
        let need = table.need(request.method.rawValue, request.uri.path)
        let isRefused = [401, 403, 429].contains(status)
        let isChange = need.map { !$0.scope.isRead || $0.action != nil } ?? false
        guard isChange || isRefused else { return nil }
        var event = note.said ?? AuditEntry.Event("")
        if event.action.isEmpty { event.action = need?.action ?? "\(request.method.rawValue) request" }
        if event.target.isEmpty { event.target = request.uri.path + (request.uri.query.map { "?\($0)" } ?? "") }
        if event.reason == nil { event.reason = request.uri.queryParameters["reason"].map { String($0) } }
        event.result = isRefused ? "refused" : status < 400 ? "done" : "failed"
        return event
    }
}

extension AuditEntry.Event {
    /// Something was read.
    static func read(_ scope: Scope, _ target: String, result: String = "done") -> Self {
        Self(scope.rawValue, target, result: result)
    }
}

extension Scope {
    /// Whether it reads what somebody may have to answer for, and no state or counter of the host.
    var isOfData: Bool { isRead && ![.open, .statusRead, .metricsRead].contains(self) }
}

extension AuditEntry.Actor {
    /// Who asks, where that is known, from where.
    static func of(_ identity: Identity?, from address: String) -> Self {
        identity.map { Self($0, from: address) } ?? .unknown(from: address)
    }

    /// Who asks, from where.
    init(_ identity: Identity, from address: String) {
        self.init(name: identity.name, role: identity.role, proof: identity.proof.rawValue, from: address)
    }
}
