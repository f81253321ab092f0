import AccessScopes
import HTTPTypes

/// The route of the log of changes.
extension Endpoint {
    static let audit = Endpoint(
        method: .get, path: "/api/v2/audit", summary: "who changed what and what was refused, the newest first",
        parameters: [AuditAnswers.limit], scope: .auditRead, form: .table(.audit, "entries"),
        errors: [.noAudit, .storeUnavailable]
    ) { answers, request in try await answers.audit.list(request.query) }
}
