import AccessScopes
import CivilTime
import HTTPTypes
import HostSecurity

/// The one place where a request is let in or not, whichever way it came: a route, a stream, a WebSocket, an answer from memory.
///
/// On this machine, where no identity was made, reading is open and a change needs the host's token. Everywhere else each request
/// has to show who it is from, and what its role may is compared with what the route needs; what no route has needs
/// an identity too, so that nobody learns which routes there are.
struct AccessGate: Sendable {
    /// A request that was let in.
    struct Admission: Sendable {
        /// Who it is from; `nil` where nobody had to say.
        var identity: Identity?
        /// What it needs; `nil` where no route has its path and method.
        let scope: Scope?
        /// What its answer says of the caller's limits.
        var fields: HTTPFields = [:]
    }

    /// Which scope each route needs.
    let scopes: ScopeTable
    /// Who may in; `nil` where there are no identities at all.
    let access: AccessControl?
    /// The host's token.
    let proof: Proof
    /// How many requests each caller may make.
    let limits: RequestLimits
    /// Names in the certificate that a connection showed; `nil` where none are asked for.
    var peerNames: GatewayConfiguration.PeerNames?

    /// Whether every caller has to say who it is.
    var isRequired: Bool { access?.isRequired ?? false }

    /// Lets a request in.
    func admit(_ request: AccessRequest, from peer: Peer) async throws -> Admission {
        let need = scopes.need(request.method, request.path)
        let scope = need?.scope
        if let origin = request.foreignOrigin, request.method != "GET", request.method != "HEAD" {
            throw GatewayError.foreignOrigin(origin)
        }
        guard isRequired else { return Admission(identity: try local(request, scope), scope: scope) }
        if scope == .open {
            // A login is a guess until it was one that is right.
            let fields = need?.action == nil ? [:] : try take(AddressGroup.of(peer.address), .login)
            return Admission(scope: scope, fields: fields)
        }
        let identity = try await identified(request, peer)
        AuditNote.current?.actor = AuditEntry.Actor(identity, from: peer.address)
        let fields =
            identity.proof == .token ? [:] : try take(Self.caller(identity), scope?.isRead == false ? .change : .read)
        guard let scope else { return Admission(identity: identity, scope: nil, fields: fields) }
        guard identity.may(scope) else { throw GatewayError.scopeMissing(identity, scope) }
        if case .session(let id) = request.credential, !scope.isRead, access?.isCSRF(request.csrf, of: id) != true {
            throw GatewayError.noCSRF
        }
        return Admission(identity: identity, scope: scope, fields: fields)
    }

    /// Lets in a request for something that is only read, where that is known without waiting; returns the fields that its
    /// answer has besides, `nil` where it is not let in so.
    func admitAtOnce(_ request: @autoclosure () -> AccessRequest, _ scope: Scope) -> HTTPFields? {
        guard let access, access.isRequired else { return [:] }
        guard let identity = access.known(request().credential), identity.may(scope) else { return nil }
        return try? take(Self.caller(identity), .read)
    }

    /// Whether a caller that follows a channel may go on: not with a key that was revoked meanwhile, or an ended session.
    func mayStay(_ request: AccessRequest, _ scope: Scope) -> Bool {
        guard let access, access.isRequired, !proof.isShown(request) else { return true }
        // What a certificate or a signed token proved holds for as long as the connection.
        if request.credential == .none { return peerNames != nil }
        return access.isOthersToken(request.credential) || access.known(request.credential)?.may(scope) ?? false
    }

    /// Returns who a request is from.
    func identity(_ request: AccessRequest, _ peer: Peer) async throws -> Identity {
        guard let access else { throw GatewayError.access(.unknown) }
        if peer.isLocal, proof.isShown(request) { return .local }
        if request.credential == .none, let peerNames, let channel = peer.channel {
            let names = await peerNames(channel)
            if let machine = access.machine(names) { return machine }
            if !names.isEmpty { throw GatewayError.unknownMachine(names) }
        }
        do throws(AccessFault) {
            return try await access.identify(request.credential, from: peer.address)
        } catch {
            throw GatewayError.access(error)
        }
    }

    /// Who is refused has a bucket by address: so nobody floods the host, or its log, with requests that show nothing.
    private func identified(_ request: AccessRequest, _ peer: Peer) async throws -> Identity {
        do {
            return try await identity(request, peer)
        } catch {
            _ = try take(AddressGroup.of(peer.address), .login)
            throw error
        }
    }

    private func local(_ request: AccessRequest, _ scope: Scope?) throws -> Identity? {
        // What there is not is 404 or 405, which the router says.
        guard let scope, !scope.isOpenLocally else { return nil }
        try proof.check(request)
        AuditNote.current?.actor = AuditEntry.Actor(.local, from: "local")
        return .local
    }

    private func take(_ caller: String, _ routes: RequestLimits.RouteClass) throws -> HTTPFields {
        let outcome = limits.take(caller, routes, at: WallClock.now())
        let fields = HTTPFields(outcome)
        guard outcome.isTaken else { throw GatewayError.rateLimited(routes, fields, seconds: outcome.reset) }
        return fields
    }

    private static func caller(_ identity: Identity) -> String {
        identity.key.map { "key \($0)" } ?? "\(identity.proof.rawValue) \(identity.name)"
    }
}

extension HTTPFields {
    /// What an answer says of its caller's limit.
    fileprivate init(_ outcome: TokenBucket.Outcome) {
        self.init()
        for (name, value) in [("Limit", outcome.limit), ("Remaining", outcome.remaining), ("Reset", outcome.reset)] {
            if let name = HTTPField.Name("RateLimit-\(name)") { self[name] = "\(value)" }
        }
    }
}
