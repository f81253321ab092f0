import NIOCore
import NIOHTTP1

/// What becomes of a connection's first request.
package enum UpgradeDecision {
    /// No upgrade is asked for.
    case ordinary
    /// An upgrade to a path no channel has; the ordinary routes answer.
    case notAChannel
    /// An upgrade that is refused for this reason.
    case refuse(UpgradeRefusal)
    /// An upgrade that is sound.
    case upgrade(ChannelRequest)

    /// Judges the head of a request by RFC 6455, 4.2.1.
    init(head: HTTPRequestHead, remoteAddress: SocketAddress?, hub: ChannelHub, allowedOrigins: Set<String>) {
        guard head.headers.contains(name: "upgrade") else {
            self = .ordinary
            return
        }
        let request = ChannelRequest(head: head, remoteAddress: remoteAddress)
        guard head.method == .GET, hub.index(of: request.path) != nil else {
            self = .notAChannel
            return
        }
        if let refusal = Self.fault(in: head) ?? Self.foreignOrigin(head.headers, allowed: allowedOrigins) {
            self = .refuse(refusal)
        } else {
            self = .upgrade(request)
        }
    }

    private static func fault(in head: HTTPRequestHead) -> UpgradeRefusal? {
        let headers = head.headers
        guard hasToken("websocket", in: headers, name: "upgrade"), hasToken("upgrade", in: headers, name: "connection")
        else { return .upgradeRequired }
        guard head.version == .http1_1, headers["host"].count == 1 else {
            return .badHandshake("the request needs HTTP/1.1 and one 'Host'. Send both.")
        }
        let version = headers["sec-websocket-version"]
        guard version == ["13"] else {
            let found = version.joined(separator: ", ").prefix(200)
            return .badHandshake("'Sec-WebSocket-Version' is '\(found)'; allowed 13. Use RFC 6455.")
        }
        let keys = headers["sec-websocket-key"]
        guard keys.count == 1, keys.allSatisfy(isKey) else {
            return .badHandshake("'Sec-WebSocket-Key' is not one base64 text of 16 bytes. Send a random one.")
        }
        guard !headers.contains(name: "transfer-encoding"), headers["content-length"].allSatisfy({ $0 == "0" }) else {
            return .badHandshake("the request has a body; an upgrade has none. Leave it out.")
        }
        return nil
    }

    private static func hasToken(_ token: String, in headers: HTTPHeaders, name: String) -> Bool {
        headers[canonicalForm: name].contains { $0.lowercased() == token }
    }

    private static func isKey(_ key: String) -> Bool {
        key.utf8.count == 24 && key.hasSuffix("==")
            && key.dropLast(2).allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "+" || $0 == "/") }
    }

    private static func foreignOrigin(_ headers: HTTPHeaders, allowed: Set<String>) -> UpgradeRefusal? {
        guard let origin = headers.first(name: "origin"), !allowed.contains("*"), !allowed.contains(origin) else {
            return nil
        }
        return isOwn(origin: origin, host: headers.first(name: "host")) ? nil : .foreignOrigin(origin)
    }

    /// Whether a page is of the server that a request names in `Host`, plain or behind a proxy with TLS.
    package static func isOwn(origin: String, host: String?) -> Bool {
        guard let host = host?.lowercased(), !host.isEmpty else { return false }
        return ["http://", "https://"].contains { $0 + host == origin.lowercased() }
    }
}
