import AccessScopes
import HostSecurity
import Hummingbird

/// Writes each change, each login and each request that was refused to the log of changes, once its answer is known.
struct AuditMiddleware: RouterMiddleware {
    /// Writes a line.
    let write: Gateway.Audit
    /// What routes do.
    let table: ScopeTable

    @concurrent
    func handle(
        _ request: Request, context: GatewayContext,
        next: @concurrent (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        let note = AuditNote()
        let response = try await AuditNote.$current.withValue(note) { try await next(request, context) }
        guard let event = event(request, response.status.code, note) else { return response }
        let who = note.actor ?? .unknown(from: context.peer.address)
        await write(who, event)
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

extension AuditEntry.Actor {
    /// Who asks, from where.
    init(_ identity: Identity, from address: String) {
        self.init(name: identity.name, role: identity.role, proof: identity.proof.rawValue, from: address)
    }
}
