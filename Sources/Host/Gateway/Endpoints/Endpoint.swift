import AccessScopes
import HTTPTypes
import HostSecurity
import Hummingbird

/// A request as an endpoint sees it.
struct EndpointRequest {
    /// The request.
    let request: Request
    /// Where it comes from, and who it is from.
    let context: GatewayContext
    /// What stands in the path in place of the parts in braces, decoded, in their order.
    let places: [String]
    /// The query, checked against the endpoint's parameters.
    let query: QueryParameters

    /// Who asks, where a name was proved: nobody signs with another's.
    var author: String? { context.identity.flatMap { $0.proof == .token ? nil : $0.name } }

    /// What stands in place of the first part in braces; empty where the path has none.
    var name: String { places.first ?? "" }
}

/// A route of the gateway: what is written of it here feeds the router, the check of parameters, the answers 404 and 405,
/// `GET /openapi.json`, and the tables in `docs/http-api.md`.
struct Endpoint: Sendable {
    /// Makes the answer.
    typealias Answer = @Sendable (GatewayAnswers, EndpointRequest) async throws -> Reply

    /// The method; a `GET` route answers `HEAD` too.
    let method: HTTPRequest.Method
    /// The path; a part in braces matches anything.
    let path: String
    /// What it gives, one line.
    let summary: String
    /// What the parts of the path in braces may be, in their order.
    var places: [Parameter] = []
    /// Its query parameters.
    var parameters: [Parameter] = []
    /// What the caller must be allowed; there is no route without one.
    let scope: Scope
    /// What the log of changes calls it; `nil` for what changes nothing.
    var action: String?
    /// Whether it tells of data: while the host starts, what is not there yet is 503, and not 404 or a table without rows.
    var servesData = false
    /// What a body of the request may be, `nil` where it has none.
    var takes: String?
    /// What it answers with.
    let form: AnswerForm
    /// Errors of its own, besides those that `allErrors` adds.
    var errors: [GatewayError.Code] = []
    /// Makes the answer.
    let answer: Answer

    /// The methods it answers.
    var methods: [String] { method == .get ? ["GET", "HEAD"] : [method.rawValue] }

    /// Every error it may answer with, by status.
    var allErrors: [GatewayError.Code] {
        var codes: [GatewayError.Code] = [.unknownParameter, .badRequest, .forbidden, .internalFault]
        if !parameters.isEmpty { codes.append(.badParameter) }
        if parameters.contains(where: { $0.standard == nil }) { codes.append(.missingParameter) }
        if scope != .open { codes += [.unauthenticated, .scopeMissing, .tooManyTries, .rateLimited] }
        if !scope.isOpenLocally { codes.append(.proofRequired) }
        if servesData { codes.append(.starting) }
        return GatewayError.Code.all.filter { (codes + errors).contains($0) }
    }

    /// Adds the route to a router.
    func add(to router: Router<GatewayContext>, _ answers: GatewayAnswers) {
        let endpoint = self
        router.on(RouterPath(path), method: method) { request, context in
            try context.check(endpoint.scope, request)
            let query = try endpoint.parameters.read(request.uri.query ?? "")
            let places = endpoint.places.map { QueryParameters.decoded(context.parameters.get($0.name) ?? "") }
            let asked = EndpointRequest(request: request, context: context, places: places, query: query)
            return endpoint.formed(try await endpoint.reply(answers, asked), request)
        }
    }

    private func formed(_ reply: Reply, _ request: Request) -> Reply {
        guard method == .get, reply.status == .ok else { return reply }
        var reply = reply
        if let next = reply.next, let link = HTTPField.Name("Link") {
            let others = (request.uri.query ?? "").split(separator: "&").filter { !$0.hasPrefix("cursor=") }
            let query = (others + ["cursor=\(next)"]).joined(separator: "&")
            reply.fields[link] = "<\(request.uri.path)?\(query)>; rel=\"next\""
        }
        return Representation(request.headers).form(of: reply, rows: form.rows)
    }

    private func reply(_ answers: GatewayAnswers, _ request: EndpointRequest) async throws -> Reply {
        do {
            let reply = try await answer(answers, request)
            guard servesData, reply.isEmpty, answers.hasServedNothing else { return reply }
            let waiting = answers.readiness.waiting
            guard waiting.isEmpty else { throw GatewayError.starting(waiting) }
            return reply
        } catch let error as GatewayError where servesData && error.status == .notFound {
            let waiting = answers.readiness.waiting
            throw waiting.isEmpty ? error : .starting(waiting)
        }
    }
}
