package import AccessScopes
import CivilTime
import Synchronization

/// Who may in: proves keys and sessions, and knows nothing of routes.
///
/// ```swift
/// let access = AccessControl(stateFolder: "var", roles: RoleTable())
/// let identity = try await access.identify(.bearer("penstock_..."), from: "192.0.2.7")
/// if identity.may(.dataRead) { ... }
/// ```
package final class AccessControl: Sendable {
    /// What a caller shows.
    package enum Credential: Sendable, Equatable {
        /// What stands in `Authorization: Bearer`.
        case bearer(String)
        /// What stands in the cookie of a session.
        case session(String)
        /// Nothing.
        case none
    }

    /// A browser's session, as it is told to its page.
    package struct Login: Sendable {
        /// The cookie.
        package let id: String
        /// What the page shows with each change.
        package let csrf: String
        /// Who it is.
        package let identity: Identity
    }

    /// Seconds a session lasts at most.
    package static let sessionSeconds = Int(Sessions.longest)

    /// The roles there are.
    package let roles: RoleTable
    private let isDemanded: Bool
    private let ring: KeyRing
    private let sessions = Sessions()
    private let lockout = Lockout()
    private let proving = KeyProving()
    private let machines: [String: String]
    private let issuer: TokenIssuer?
    private let now: @Sendable () -> Int64

    /// Creates the control of a state folder.
    ///
    /// - Parameters:
    ///   - roles: the roles there are.
    ///   - isDemanded: whether an identity is needed even before a key was made.
    ///   - issuer: somebody else who says who callers are.
    ///   - machines: roles of machines by the DNS name in their certificate.
    ///   - warn: told when the keys cannot be read.
    package init(
        stateFolder: String, roles: RoleTable, isDemanded: Bool = false, machines: [String: String] = [:],
        issuer: TokenIssuer? = nil,
        now: @escaping @Sendable () -> Int64 = { WallClock.now() },
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        ring = KeyRing(stateFolder: stateFolder, warn: warn)
        self.roles = roles
        self.isDemanded = isDemanded
        self.machines = machines
        self.issuer = issuer
        self.now = now
    }

    /// Whether every caller has to prove who it is. Once a key was made it stays so, also after that one was revoked.
    package var isRequired: Bool { isDemanded || ring.hasKeys }

    /// Whether somebody can do everything.
    package var hasAdmin: Bool {
        let moment = now()
        return ring.all.contains { $0.role == RoleTable.admin && $0.standing(at: moment) == .good }
    }

    /// Returns who shows a credential where that is known without waiting; `nil` asks for `identify`.
    package func known(_ credential: Credential) -> Identity? {
        switch credential {
        case .bearer(let text): ring.proved(text).flatMap { try? identity($0, .key) }
        case .session(let id):
            sessions.find(id, at: now()).flatMap { ring[$0.key] }.flatMap { try? identity($0, .session) }
        case .none: nil
        }
    }

    /// Returns who shows a credential. A key that is shown for the first time takes tens of milliseconds.
    ///
    /// - Parameter address: where the caller is; wrong tries are counted by it.
    package func identify(_ credential: Credential, from address: String) async throws(AccessFault) -> Identity {
        switch credential {
        case .none: throw .nothingShown
        case .session(let id):
            guard let session = sessions.find(id, at: now()), let key = ring[session.key] else { throw .unknown }
            return try identity(key, .session)
        case .bearer(let text):
            if let key = ring.proved(text) { return try identity(key, .key) }
            return try await prove(text, from: address)
        }
    }

    /// Whether a credential is a token of another issuer rather than a key.
    package func isOthersToken(_ credential: Credential) -> Bool {
        guard issuer != nil, case .bearer(let text) = credential else { return false }
        return TokenIssuer.isToken(text)
    }

    /// Begins a browser's session with a key.
    package func login(_ key: String, from address: String) async throws(AccessFault) -> Login {
        let identity = try await identify(.bearer(key), from: address)
        guard let id = identity.key else { throw .unknown }
        let (cookie, session) = sessions.begin(id, at: now())
        return Login(
            id: cookie, csrf: session.csrf,
            identity: Identity(
                name: identity.name, role: identity.role, scopes: identity.scopes, proof: .session, key: id))
    }

    /// Ends a session.
    package func logout(_ session: String) { sessions.end(session) }

    /// Returns what a session's page shows with a change; `nil` where there is no such session.
    package func csrf(of session: String) -> String? { sessions.find(session, at: now())?.csrf }

    /// Whether a text is what the page of a session shows with a change.
    package func isCSRF(_ text: String?, of session: String) -> Bool {
        guard let text, let right = csrf(of: session) else { return false }
        return ConstantTime.isEqual(text.utf8, right.utf8)
    }

    /// Returns who a machine is whose certificate has one of these names; `nil` where none of them is known.
    package func machine(_ names: [String]) -> Identity? {
        for name in names {
            guard let role = machines[name], let scopes = roles[role] else { continue }
            return Identity(name: name, role: role, scopes: scopes, proof: .certificate, key: nil)
        }
        return nil
    }

    /// Writes when keys were used, until cancelled.
    package func run() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: .seconds(15))
            ring.writeUse()
        }
        ring.writeUse()
    }

    private func prove(_ text: String, from address: String) async throws(AccessFault) -> Identity {
        let place = AddressGroup.of(address)
        let seconds = lockout.wait(place, at: now())
        guard seconds == 0 else { throw .locked(seconds: seconds) }
        if let issuer, TokenIssuer.isToken(text) {
            // A token that ran out is no guess: those who renew theirs late are not locked out.
            guard let identity = await issuer.identity(text) else { throw .unknown }
            return identity
        }
        guard let key = KeyText(text), let stored = ring[key.id], let hash = KeyHash(stored.hash) else {
            lockout.fail(place, at: now())
            throw .unknown
        }
        switch await proving.matches(hash, key.secret) {
        case nil: throw .busy
        case false?:
            lockout.fail(place, at: now())
            throw .unknown
        case true?:
            lockout.succeed(place)
            ring.remember(text, is: key.id)
            return try identity(stored, .key)
        }
    }

    private func identity(_ key: StoredKey, _ proof: Identity.Proof) throws(AccessFault) -> Identity {
        let moment = now()
        switch key.standing(at: moment) {
        case .expired: throw .expired
        case .revoked: throw .revoked
        case .good: break
        }
        guard let scopes = roles[key.role] else { throw .noRole(key.role) }
        ring.note(key.id, at: moment)
        return Identity(name: key.name, role: key.role, scopes: scopes, proof: proof, key: key.id)
    }
}

/// Reckons slow hashes: one at a time, so that guesses take one core at most, and few that wait.
private actor KeyProving {
    private static let most = 32
    private nonisolated let waiting = Atomic<Int>(0)

    /// Whether a secret matches; `nil` where too many wait.
    nonisolated func matches(_ hash: KeyHash, _ secret: String) async -> Bool? {
        guard waiting.add(1, ordering: .relaxed).newValue <= Self.most else {
            waiting.subtract(1, ordering: .relaxed)
            return nil
        }
        defer { waiting.subtract(1, ordering: .relaxed) }
        return await reckon(hash, secret)
    }

    private func reckon(_ hash: KeyHash, _ secret: String) -> Bool { hash.matches(secret) }
}
