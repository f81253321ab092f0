import HTTPTypes
import HostSecurity
import HostWebSocket
import Hummingbird
import NIOHTTP1

/// What of a request decides whether it is let in.
struct AccessRequest: Sendable {
    /// The cookie of a browser that logged in.
    static let cookie = "penstock_session"
    /// The field a page shows with a change, so that no other page can make it.
    static let csrfField = "X-CSRF-Token"

    /// The method.
    let method: String
    /// The path.
    let path: String
    /// `Authorization`; empty where it is absent.
    let authorization: String
    /// What the caller shows.
    let credential: AccessControl.Credential
    /// `X-CSRF-Token`.
    let csrf: String?
    /// `Origin`, of a page of another server than this one.
    let foreignOrigin: String?

    /// Looks at a request.
    init(_ request: Request) { self.init(request.head, path: request.uri.path) }

    /// Looks at a request whose path is known.
    init(_ request: HTTPRequest, path: String) {
        let fields = request.headerFields
        self.init(
            method: request.method.rawValue, path: path, authority: request.authority,
            authorization: fields[.authorization], cookie: fields[.cookie],
            csrf: HTTPField.Name(Self.csrfField).flatMap { fields[$0] },
            origin: HTTPField.Name("Origin").flatMap { fields[$0] })
    }

    /// Looks at a request for a WebSocket.
    init(_ request: ChannelRequest) {
        let headers = request.headers
        self.init(
            method: "GET", path: request.path, authority: headers.first(name: "host"),
            authorization: headers.first(name: "authorization"),
            cookie: headers["cookie"].joined(separator: "; "), csrf: nil, origin: headers.first(name: "origin"))
    }

    private init(
        method: String, path: String, authority: String?, authorization: String?, cookie: String?, csrf: String?,
        origin: String?
    ) {
        self.method = method
        self.path = path
        self.authorization = authorization ?? ""
        self.csrf = csrf
        foreignOrigin = origin.flatMap { UpgradeDecision.isOwn(origin: $0, host: authority) ? nil : $0 }
        // What is said outright counts: a program that sends both means its key.
        if let authorization, authorization.prefix(7).lowercased() == "bearer " {
            credential = .bearer(String(authorization.dropFirst(7)))
        } else if authorization == nil, let session = Self.session(cookie ?? "") {
            credential = .session(session)
        } else {
            credential = .none
        }
    }

    private static func session(_ cookies: String) -> String? {
        for part in cookies.split(separator: ";") {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, pair[0].drop(while: { $0 == " " }) == cookie else { continue }
            return String(pair[1].prefix(128))
        }
        return nil
    }
}
