import HTTPTypes
import Hummingbird

/// A request as an endpoint sees it.
struct EndpointRequest {
    /// The request.
    let request: Request
    /// What stands in the path in place of the part in braces, decoded; empty where the path has none.
    let name: String
    /// The query, checked against the endpoint's parameters.
    let query: QueryParameters
}

/// A route of the gateway: what is written of it here feeds the router, the check of parameters, the answers 404 and 405
/// and the table in `docs/http-api.md`.
struct Endpoint: Sendable {
    /// Makes the answer.
    typealias Answer = @Sendable (GatewayAnswers, EndpointRequest) async throws -> Reply

    /// The method; a `GET` route answers `HEAD` too.
    let method: HTTPRequest.Method
    /// The path; a part in braces matches anything.
    let path: String
    /// What it gives, one line.
    let summary: String
    /// Its query parameters.
    var parameters: [Parameter] = []
    /// Whether it changes something, or runs code of plugins: then the caller must show the host's token.
    var needsProof = false
    /// Whether it tells of data: while the host starts, what is not there yet is 503 and not 404.
    var servesData = false
    /// Makes the answer.
    let answer: Answer

    /// The methods it answers.
    var methods: [String] { method == .get ? ["GET", "HEAD"] : [method.rawValue] }

    /// Adds the route to a router.
    func add(to router: Router<BasicRequestContext>, _ answers: GatewayAnswers, proof: Proof) {
        let (name, endpoint) = (pathParameter, self)
        router.on(RouterPath(path), method: method) { request, context in
            if endpoint.needsProof { try proof.check(request) }
            let query = try endpoint.parameters.read(request.uri.query ?? "")
            let value = name.flatMap { context.parameters.get($0) }.map { QueryParameters.decoded($0) } ?? ""
            return try await endpoint.reply(answers, EndpointRequest(request: request, name: value, query: query))
        }
    }

    private func reply(_ answers: GatewayAnswers, _ request: EndpointRequest) async throws -> Reply {
        do {
            return try await answer(answers, request)
        } catch let error as GatewayError where servesData && error.status == .notFound {
            let waiting = answers.readiness.waiting
            throw waiting.isEmpty ? error : .starting(waiting)
        }
    }

    private var pathParameter: String? {
        path.split(separator: "/").first { $0.first == "{" }.map { String($0.dropFirst().dropLast()) }
    }
}
