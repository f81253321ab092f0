import AccessScopes
import FoundationEssentials
import HTTPTypes
import HostSecurity
import Hummingbird
import JSONWriting
import NIOCore

/// `/api/v2/session`: who asks, and the login of browsers.
struct SessionAnswers: Sendable {
    /// The route.
    static let path = "/api/v2/session"
    /// Most bytes of a login.
    private static let sizeLimit = 4_096

    /// Lets requests in.
    let gate: AccessGate
    /// Whether the cookie is for TLS only.
    let isSecure: Bool

    /// Says whether an identity is needed, and who asks.
    func describe(_ request: Request, _ peer: Peer) async -> Reply {
        guard gate.isRequired else { return reply(nil, isRequired: false, csrf: nil) }
        let shown = AccessRequest(request)
        let identity = try? await gate.identity(shown, peer)
        var csrf: String?
        if case .session(let id) = shown.credential { csrf = gate.access?.csrf(of: id) }
        return reply(identity, isRequired: true, csrf: csrf)
    }

    /// Begins a session with a key in the body, `{"key": "penstock_..."}`.
    func login(_ request: Request, _ peer: Peer) async throws -> Reply {
        struct Login: Decodable { let key: String }
        guard let access = gate.access, access.isRequired else {
            throw GatewayError(.badRequest, "gateway: this host has no identities, and its pages need no login.")
        }
        guard let body = try? await request.body.collect(upTo: Self.sizeLimit),
            let login = try? JSONDecoder().decode(Login.self, from: Data(body.readableBytesView))
        else {
            throw GatewayError(.badRequest, #"gateway: the login is no JSON; allowed {"key": "penstock_..."}."#)
        }
        do throws(AccessFault) {
            let session = try await access.login(login.key, from: peer.address)
            AuditNote.current?.actor = AuditEntry.Actor(session.identity, from: peer.address)
            var reply = reply(session.identity, isRequired: true, csrf: session.csrf)
            reply.fields[.setCookie] = cookie(session.id, seconds: AccessControl.sessionSeconds)
            return reply
        } catch {
            throw GatewayError.access(error)
        }
    }

    /// Ends the session of the request.
    func logout(_ request: Request) throws -> Reply {
        let shown = AccessRequest(request)
        if let access = gate.access, case .session(let id) = shown.credential {
            guard access.csrf(of: id) == nil || access.isCSRF(shown.csrf, of: id) else { throw GatewayError.noCSRF }
            access.logout(id)
        }
        var reply = reply(nil, isRequired: gate.isRequired, csrf: nil)
        reply.fields[.setCookie] = cookie("", seconds: 0)
        return reply
    }

    private func cookie(_ value: String, seconds: Int) -> String {
        "\(AccessRequest.cookie)=\(value); Path=/; Max-Age=\(seconds); HttpOnly; SameSite=Strict"
            + (isSecure ? "; Secure" : "")
    }

    private func reply(_ identity: Identity?, isRequired: Bool, csrf: String?) -> Reply {
        var json = JSONText(capacity: 256)
        json.object { json in
            json.field("required", isRequired)
            json.key("name")
            if let identity { json.value(identity.name) } else { json.null() }
            json.key("role")
            if let identity { json.value(identity.role) } else { json.null() }
            json.field("scopes", (identity?.scopes ?? []).map(\.rawValue).sorted())
            json.key("csrf")
            if let csrf { json.value(csrf) } else { json.null() }
        }
        var reply = Reply(json)
        reply.fields[.cacheControl] = "no-store"
        return reply
    }
}
