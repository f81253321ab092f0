package import HTTPTypes
package import Hummingbird
import JSONWriting
import NIOCore
import PluginKit

/// Why a request was not answered as asked: `{"error": {"code", "message", "request_id"}}`.
///
/// Codes are listed in `docs/http-api.md`.
package struct GatewayError: Error, Equatable {
    /// What a program tells errors apart by; more may be added.
    package struct Code: Sendable, Equatable {
        /// `snake_case` name.
        package let name: String
        /// The HTTP status it comes with.
        package let status: HTTPResponse.Status

        /// No route has this path.
        static let unknownRoute = Code(name: "unknown_route", status: .notFound)
        /// The route has no such method.
        static let methodNotAllowed = Code(name: "method_not_allowed", status: .methodNotAllowed)
        /// A parameter that must be there is not.
        static let missingParameter = Code(name: "missing_parameter", status: .badRequest)
        /// The route has no such parameter.
        static let unknownParameter = Code(name: "unknown_parameter", status: .badRequest)
        /// A parameter's value is not among the allowed ones.
        static let badParameter = Code(name: "bad_parameter", status: .badRequest)
        /// None of the symbols is known.
        static let unknownSymbol = Code(name: "unknown_symbol", status: .notFound)
        /// The symbols are known and there is nothing to tell.
        static let noData = Code(name: "no_data", status: .notFound)
        /// No model has this id.
        static let unknownModel = Code(name: "unknown_model", status: .notFound)
        /// The request cannot be read, or is larger than allowed.
        static let badRequest = Code(name: "bad_request", status: .badRequest)
        /// The caller did not show the host's token.
        static let proofRequired = Code(name: "proof_required", status: .unauthorized)
        /// The manifest of this host cannot be replaced.
        static let notReloadable = Code(name: "not_reloadable", status: .conflict)
        /// This host keeps nothing that was refused.
        static let noQuarantine = Code(name: "no_quarantine", status: .conflict)
        /// The host starts, and what is asked for is not there yet.
        static let starting = Code(name: "starting", status: .serviceUnavailable)
        /// The request comes from where it must not come from.
        static let forbidden = Code(name: "forbidden", status: .forbidden)
        /// The store cannot be read now.
        static let storeUnavailable = Code(name: "store_unavailable", status: .serviceUnavailable)
        /// A fault of the host.
        static let internalFault = Code(name: "internal", status: .internalServerError)
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
        var json = JSONText(capacity: 256)
        json.object { json in
            json.key("error")
            json.object { json in
                json.field("code", code.name)
                json.field("message", message)
                json.field("request_id", context.id)
            }
        }
        var headers = fields
        headers[.contentType] = Reply.json
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: json.bytes)))
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
            "gateway: a change was asked for by the web page \(PluginError.quoted(origin)); allowed are programs. Use "
                + "`penstock reload`, or curl without 'Origin'.")
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

    /// A fault of storage.
    static func store(_ error: PluginError) -> GatewayError {
        GatewayError(.storeUnavailable, "gateway: the bar store did not answer: \(error.message)")
    }
}
