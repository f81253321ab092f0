package import HTTPTypes
package import Hummingbird
import NIOCore

/// Why a WebSocket upgrade was refused: an ordinary HTTP answer with an error body, `ProblemBody`.
package struct UpgradeRefusal: HTTPResponseError, Equatable {
    /// The HTTP status.
    package let status: HTTPResponse.Status
    /// The machine-readable code, in `snake_case`.
    package let code: String
    /// What is wrong and what to do, in printable ASCII.
    package let message: String

    /// Creates a refusal; characters of the message outside printable ASCII become `?`.
    package init(status: HTTPResponse.Status, code: String, message: String) {
        self.status = status
        self.code = code
        self.message = String(message.map { $0.isASCII && $0 >= " " && $0 != "\u{7F}" ? $0 : "?" })
    }

    /// Renders the refusal.
    package func response(from request: Request, context: some RequestContext) throws -> Response {
        var headers: HTTPFields = [.contentType: ProblemBody.media]
        if status == .upgradeRequired {
            headers[.upgrade] = "websocket"
            headers[.connection] = "Upgrade"
        }
        if status == .badRequest { headers[.secWebSocketVersion] = "13" }
        if status == .serviceUnavailable { headers[.retryAfter] = "5" }
        let body = ProblemBody.bytes(status.code, code: code, message: message, requestID: context.id)
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}

extension UpgradeRefusal {
    /// A plain request where only a WebSocket is served.
    static let upgradeRequired = UpgradeRefusal(
        status: .upgradeRequired, code: "upgrade_required",
        message: "websocket: the request has no 'Upgrade: websocket'; this path serves WebSocket only. "
            + "Open it with a WebSocket client, on a connection of its own.")

    /// As many connections as allowed are open.
    package static let tooManyConnections = UpgradeRefusal(
        status: .serviceUnavailable, code: "too_many_connections",
        message: "websocket: as many connections are open as allowed. Try again later, or raise the limit.")

    /// A handshake that breaks RFC 6455.
    static func badHandshake(_ message: String) -> UpgradeRefusal {
        UpgradeRefusal(status: .badRequest, code: "bad_handshake", message: "websocket: \(message)")
    }

    /// A browser page from somewhere else.
    static func foreignOrigin(_ origin: String) -> UpgradeRefusal {
        UpgradeRefusal(
            status: .forbidden, code: "origin_not_allowed",
            message: "websocket: 'Origin' is '\(origin.prefix(200))'; allowed is the server's own. "
                + "Add it to the allowed origins.")
    }
}

extension UpgradeRefusal {
    /// The field that carries a refusal from the connection's gate to the route; the gate removes a foreign one.
    static let fieldName = "x-websocket-refusal"

    /// The refusal as the field's value.
    var fieldValue: String { "\(status.code) \(code) \(message)" }

    /// Reads a refusal back from the field's value.
    init?(fieldValue: String) {
        let parts = fieldValue.split(separator: " ", maxSplits: 2)
        guard parts.count == 3, let status = Int(parts[0]), (400..<600).contains(status) else { return nil }
        self.init(status: .init(code: status), code: String(parts[1]), message: String(parts[2]))
    }
}

extension HTTPField.Name {
    fileprivate static var refusal: Self? { Self(UpgradeRefusal.fieldName) }
}

extension RouterMethods {
    /// Adds the routes that answer a request to a channel's path that was no upgrade, or a refused one.
    ///
    /// They are ordinary routes: middleware before them (authentication, limits, logs) applies and may answer first.
    @discardableResult
    package func addWebSocketRefusals(for hub: ChannelHub) -> Self {
        for path in hub.channels {
            get(RouterPath(path)) { request, _ -> Response in
                let field = HTTPField.Name.refusal.flatMap { request.headers[$0] }
                throw field.flatMap(UpgradeRefusal.init(fieldValue:)) ?? .upgradeRequired
            }
        }
        return self
    }
}
