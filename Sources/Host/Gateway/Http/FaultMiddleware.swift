import HTTPTypes
import HostWebSocket
import Hummingbird
import Logging
import PluginKit

/// Turns every fault into an error body, and counts requests.
struct FaultMiddleware<Context: RequestContext>: RouterMiddleware {
    /// The routes there are, for 404 and 405.
    let table: RouteTable
    /// Where requests are counted.
    let counters: RequestCounters
    /// Where faults of the host are told.
    let logger: Logger

    @concurrent
    func handle(
        _ request: Request, context: Context, next: @concurrent (Request, Context) async throws -> Response
    ) async throws -> Response {
        let response: Response
        let start = ContinuousClock.now
        do {
            response = try await next(request, context)
        } catch let error as CancellationError {
            throw error
        } catch {
            response = try answer(to: error, request, context)
        }
        counters.count(
            route: table.route(of: request.uri.path) ?? "unknown", status: response.status.code,
            span: start.duration(to: .now))
        return response
    }

    private func answer(to error: any Error, _ request: Request, _ context: Context) throws -> Response {
        switch error {
        case let error as UpgradeRefusal:
            return try error.response(from: request, context: context)
        case let error as GatewayError:
            if error.isLogged { log(error.message, context) }
            return try error.response(from: request, context: context)
        case let error as HTTPError where error.status == .notFound && error.body == nil:
            return try notFound(request).response(from: request, context: context)
        case let error as any HTTPResponseError where error.status.kind == .clientError:
            let fault = GatewayError(
                .badRequest, "gateway: the request was not understood. Check method, path and size.")
            var response = try fault.response(from: request, context: context)
            response.status = error.status
            return response
        default:
            log("\(error)", context)
            let fault = GatewayError(
                .internalFault, "gateway: the request met a fault of the host. Find 'request_id' in the log.")
            return try fault.response(from: request, context: context)
        }
    }

    private func notFound(_ request: Request) -> GatewayError {
        let path = request.uri.path
        guard let methods = table.methods(of: path) else { return .unknownRoute(path, known: table.routes) }
        return .methodNotAllowed(request.method.rawValue, path, allowed: methods)
    }

    private func log(_ message: String, _ context: Context) {
        logger.warning(
            "Request was not answered", metadata: ["error": "\(message)", "request.id": "\(context.id)"])
    }
}

/// The routes a server has, to tell a wrong path from a wrong method.
struct RouteTable: Sendable {
    private struct Entry {
        let route: String
        let parts: [Substring]
        let methods: [String]
    }

    private let entries: [Entry]

    /// Takes routes with their methods, one path several times where it has several; a part in braces matches anything, and
    /// a path without braces comes before one with.
    init(_ routes: [(route: String, methods: [String])]) {
        let methods = Dictionary(routes.map { ($0.route, $0.methods) }, uniquingKeysWith: +)
        entries = methods.map { Entry(route: $0.key, parts: $0.key.split(separator: "/"), methods: $0.value) }
            .sorted { ($0.route.count { $0 == "{" }, $0.route) < ($1.route.count { $0 == "{" }, $1.route) }
    }

    /// The routes, as they were given.
    var routes: [String] { entries.map(\.route) }

    /// Returns the route a path belongs to.
    func route(of path: String) -> String? { entry(path)?.route }

    /// Returns the methods a path has, or `nil` where no route has it.
    func methods(of path: String) -> [String]? { entry(path)?.methods }

    private func entry(_ path: String) -> Entry? {
        let parts = path.split(separator: "/")
        return entries.first { entry in
            entry.parts.count == parts.count
                && zip(entry.parts, parts).allSatisfy { $0 == $1 || ($0.first == "{" && $0.last == "}") }
        }
    }
}
