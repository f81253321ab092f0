import HTTPTypes
import Hummingbird

/// Tells browsers on every answer to come by TLS only.
struct TransportSecurity: RouterMiddleware {
    /// The field's value.
    let policy: String

    @concurrent
    func handle(
        _ request: Request, context: GatewayContext,
        next: @concurrent (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        var response = try await next(request, context)
        response.headers[.strictTransportSecurity] = policy
        return response
    }
}

/// Asks the gate before any route.
struct AccessMiddleware: RouterMiddleware {
    /// Lets in or not.
    let gate: AccessGate

    @concurrent
    func handle(
        _ request: Request, context: GatewayContext,
        next: @concurrent (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        var context = context
        let admission = try await gate.admit(AccessRequest(request), from: context.peer)
        (context.identity, context.scope) = (admission.identity, admission.scope)
        var response = try await next(request, context)
        response.headers.append(contentsOf: admission.fields)
        return response
    }
}
