import AccessScopes
import HTTPTypes

/// The routes of the login.
extension Endpoint {
    static let session = [
        Endpoint(
            method: .get, path: SessionAnswers.path, summary: "whether identities are needed here, and who asks",
            scope: .open, form: .json(.session)
        ) { answers, request in await answers.sessions.describe(request.request, request.context.peer) },
        Endpoint(
            method: .post, path: SessionAnswers.path, summary: "a browser's login with a key, for a cookie",
            scope: .open, action: "session.login", takes: "application/json", form: .json(.session),
            errors: [.unauthenticated, .tooManyTries]
        ) { answers, request in try await answers.sessions.login(request.request, request.context.peer) },
        Endpoint(
            method: .delete, path: SessionAnswers.path, summary: "the logout", scope: .open, action: "session.logout",
            form: .json(.session)
        ) { answers, request in try answers.sessions.logout(request.request) },
    ]
}
