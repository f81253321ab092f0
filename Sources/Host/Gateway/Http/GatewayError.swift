package import HTTPTypes
import HostWebSocket
package import Hummingbird
import NIOCore
import PluginKit

/// Why a request was not answered as asked.
///
/// Codes are listed in `docs/http-api.md`, from `Code.all`.
package struct GatewayError: Error, Equatable {
    /// What a program tells errors apart by; more may be added.
    package struct Code: Sendable, Equatable {
        /// `snake_case` name.
        package let name: String
        /// The HTTP status it comes with.
        package let status: HTTPResponse.Status
        /// When it comes, one line.
        package let summary: String

        private init(_ name: String, _ status: HTTPResponse.Status, _ summary: String) {
            (self.name, self.status, self.summary) = (name, status, summary)
        }

        static let missingParameter = Code(
            "missing_parameter", .badRequest, "a parameter that must be there is absent or empty")
        static let unknownParameter = Code(
            "unknown_parameter", .badRequest, "the route has no parameter of that name")
        static let badParameter = Code(
            "bad_parameter", .badRequest, "a value is not among the allowed ones, or is there twice")
        static let badRequest = Code(
            "bad_request", .badRequest, "the request or the WebSocket message cannot be understood")
        static let proofRequired = Code(
            "proof_required", .unauthorized, "a route that needs the token is asked without it")
        static let unauthenticated = Code(
            "unauthenticated", .unauthorized,
            "where identities are needed: no key, session or certificate, or none that is good")
        static let scopeMissing = Code(
            "scope_missing", .forbidden, "where identities are needed: the caller's role lacks what the route needs")
        static let tooManyTries = Code(
            "too_many_tries", .tooManyRequests,
            "too many wrong keys came from the address; `Retry-After` says how long to wait")
        static let forbidden = Code(
            "forbidden", .forbidden, "`Host` is no name of this server, or another's web page asks for a change")
        static let unknownRoute = Code("unknown_route", .notFound, "no route has this path")
        static let unknownSymbol = Code("unknown_symbol", .notFound, "none of the symbols is known")
        static let noData = Code("no_data", .notFound, "the symbol is known and there is nothing to tell")
        static let unknownModel = Code("unknown_model", .notFound, "no model has this id")
        static let unknownInstance = Code(
            "unknown_instance", .notFound, "the manifest, or the catalogue of plugins, has none of this name")
        static let unknownFile = Code("unknown_file", .notFound, "the dashboard has no file of this name")
        static let unknownVersion = Code(
            "unknown_version", .notFound, "there is no such version of a model in the pipeline, or none of the model")
        static let unknownAlert = Code("unknown_alert", .notFound, "no alert of this number is open")
        static let methodNotAllowed = Code(
            "method_not_allowed", .methodNotAllowed, "the route has no such method")
        static let notReloadable = Code(
            "not_reloadable", .conflict, "the manifest of `run --once` and `replay` is not replaced")
        static let noQuarantine = Code("no_quarantine", .conflict, "this host keeps nothing that was refused")
        static let noVersions = Code("no_versions", .conflict, "this host keeps no versions of models")
        static let noRisk = Code("no_risk", .conflict, "this host watches no risk")
        static let noAudit = Code("no_audit", .conflict, "this host keeps no log of changes")
        static let rateLimited = Code(
            "rate_limited", .tooManyRequests,
            "more requests came from the caller than it may make; `Retry-After` says how long to wait")
        static let notMoved = Code(
            "not_promoted", .conflict, "the version cannot have that stage now; what serves goes on serving")
        static let internalFault = Code("internal", .internalServerError, "a fault of the host")
        static let starting = Code(
            "starting", .serviceUnavailable, "the host starts, and what is asked for is not there yet")
        static let storeUnavailable = Code(
            "store_unavailable", .serviceUnavailable, "the store cannot be read now")

        /// All of them, by status.
        package static let all = [
            missingParameter, unknownParameter, badParameter, badRequest, proofRequired, unauthenticated, forbidden,
            scopeMissing, unknownRoute,
            unknownSymbol, noData, unknownModel, unknownInstance, unknownFile, unknownVersion, unknownAlert,
            methodNotAllowed, notReloadable, noQuarantine, noVersions, noRisk, noAudit, notMoved, tooManyTries,
            rateLimited, internalFault, starting, storeUnavailable,
        ]
    }

    /// What a program tells errors apart by.
    package let code: Code
    /// What is wrong, what is allowed, what to do.
    package let message: String
    /// Fields the answer carries besides.
    var fields: HTTPFields = [:]

    /// Creates an error.
    init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// Whether the log has it: what is the host's fault, not that it only starts.
    var isLogged: Bool { code.status.kind == .serverError && code != .starting }
}

extension GatewayError: HTTPResponseError {
    /// The HTTP status.
    package var status: HTTPResponse.Status { code.status }

    /// Renders the error.
    package func response(from request: Request, context: some RequestContext) throws -> Response {
        var headers = fields
        headers[.contentType] = ProblemBody.media
        let body = ProblemBody.bytes(status.code, code: code.name, message: message, requestID: context.id)
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}

extension GatewayError {
    /// A path no route has.
    static func unknownRoute(_ path: String, known: [String]) -> GatewayError {
        GatewayError(
            .unknownRoute,
            "gateway: no route \(PluginError.quoted(path)). Known: \(known.sorted().joined(separator: ", ")).")
    }

    /// A method the path does not have.
    static func methodNotAllowed(_ method: String, _ path: String, allowed: [String]) -> GatewayError {
        var error = GatewayError(
            .methodNotAllowed,
            "gateway: \(PluginError.quoted(path)) was asked with \(PluginError.quoted(method)); allowed "
                + "\(allowed.joined(separator: ", ")).")
        error.fields[.allow] = allowed.joined(separator: ", ")
        return error
    }

    /// A parameter's value that is not allowed.
    static func badParameter(_ name: String, _ value: String, allowed: String) -> GatewayError {
        GatewayError(.badParameter, "gateway: '\(name)' is \(PluginError.quoted(value)); allowed \(allowed).")
    }

    /// A change without the host's token.
    static func proofRequired(isGiven: Bool) -> GatewayError {
        var error = GatewayError(
            .proofRequired,
            "gateway: \(isGiven ? "what 'Authorization' has is not the token of this host" : "'Authorization' is missing"); "
                + "allowed 'Bearer TOKEN' with the text of the file control/token in the folder 'host.state'. Send it, or use "
                + "`penstock`, which reads it itself.")
        error.fields[.wwwAuthenticate] = #"Bearer realm="penstock""#
        return error
    }

    /// A change asked for by a web page.
    static func foreignOrigin(_ origin: String) -> GatewayError {
        GatewayError(
            .forbidden,
            "gateway: a change was asked for by the web page \(PluginError.quoted(origin)); allowed are programs "
                + "and this server's own pages. Use the dashboard, `penstock reload`, or curl without 'Origin'.")
    }

    /// What is asked for is not there because the host still starts.
    static func starting(_ waiting: [String]) -> GatewayError {
        var error = GatewayError(
            .starting, "gateway: the host is starting. \(waiting.joined(separator: " ")) Ask again in a second.")
        error.fields[.retryAfter] = "1"
        return error
    }

    /// A model nobody has.
    static func unknownModel(_ model: String, known: [String]) -> GatewayError {
        let list = known.isEmpty ? "No model is configured." : "Known: \(known.joined(separator: ", "))."
        return GatewayError(.unknownModel, "gateway: no model \(PluginError.quoted(model)). \(list)")
    }

    /// An instance nobody has.
    static func noInstance(_ kind: String, _ id: String, known: [String]) -> GatewayError {
        let list = known.isEmpty ? "There is none." : "Known: \(known.sorted().joined(separator: ", "))."
        return GatewayError(.unknownInstance, "gateway: no \(kind) \(PluginError.quoted(id)). \(list)")
    }

    /// A fault of storage.
    static func store(_ error: PluginError) -> GatewayError {
        GatewayError(.storeUnavailable, "gateway: the bar store did not answer: \(error.message)")
    }
}
