package import AccessScopes
import CivilTime
import PluginKit
import Synchronization

/// Somebody else who says who callers are: an issuer of signed tokens, and what its words mean here.
package final class TokenIssuer: Sendable {
    /// Who it is and what is asked of its tokens.
    package struct Settings: Sendable {
        /// `iss` of each token.
        package let issuer: String
        /// What `aud` has to name.
        package let audience: String
        /// The claim whose texts say what a subject may.
        package let claim: String
        /// Roles by those texts; a subject without one of them is nobody here.
        package let grants: [String: String]
        /// How far clocks may be apart.
        package let skew: Duration

        /// Describes an issuer.
        package init(issuer: String, audience: String, claim: String, grants: [String: String], skew: Duration) {
            (self.issuer, self.audience, self.claim) = (issuer, audience, claim)
            (self.grants, self.skew) = (grants, skew)
        }
    }

    /// Reads the keys of the issuer, a JWKS, from wherever they are.
    package typealias Source = @Sendable () async throws -> [UInt8]

    private struct State {
        var keys: VerifyingKeys?
        var read: ContinuousClock.Instant?
        var isReading = false
    }

    /// How long keys are good before they are read again.
    private static let age = Duration.seconds(600)
    /// A key nobody knows may be a new one: the keys are read again for it, but so often at most.
    private static let pause = Duration.seconds(10)

    private let settings: Settings
    private let source: Source
    private let roles: RoleTable
    private let now: @Sendable () -> Int64
    private let warn: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// Creates an issuer; its keys are read when the first token comes.
    package init(
        _ settings: Settings, roles: RoleTable, source: @escaping Source,
        now: @escaping @Sendable () -> Int64 = { WallClock.now() },
        warn: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        (self.settings, self.roles, self.source) = (settings, roles, source)
        (self.now, self.warn) = (now, warn)
    }

    /// Whether a text looks like a token of an issuer rather than a key.
    static func isToken(_ text: String) -> Bool { !text.hasPrefix(KeyText.prefix) && text.count { $0 == "." } == 2 }

    /// Returns who a token is of; `nil` where it is refused.
    func identity(_ text: String) async -> Identity? {
        guard let token = try? SignedToken(text), let keys = await keys(for: token) else { return nil }
        do throws(SignedToken.Refusal) {
            try token.check(keys)
            let claims = try token.claims(
                issuer: settings.issuer, audience: settings.audience, claim: settings.claim,
                now: Double(now()) / 1e9, skew: settings.skew / .seconds(1))
            guard let role = claims.values.compactMap({ settings.grants[$0] }).first, let scopes = roles[role] else {
                return nil
            }
            return Identity(name: claims.subject, role: role, scopes: scopes, proof: .jwt, key: nil)
        } catch {
            return nil
        }
    }

    private func keys(for token: SignedToken) async -> VerifyingKeys? {
        let known = state.withLock { $0.keys }
        let isUnknown =
            known.map { keys in token.keyID.map { id in !keys.keys.contains { $0.id == id } } ?? false } ?? true
        let moment = ContinuousClock.now
        let isDue = state.withLock { state in
            let age = state.read.map { $0.duration(to: moment) } ?? .seconds(1 << 30)
            guard !state.isReading, age >= (isUnknown ? Self.pause : Self.age) else { return false }
            (state.isReading, state.read) = (true, moment)
            return true
        }
        guard isDue else { return known }
        defer { state.withLock { $0.isReading = false } }
        do {
            guard let keys = VerifyingKeys(try await source()) else {
                warn(
                    "security: what 'host.security.issuer.keys' names is no JWKS with a key for RS256, ES256 or EdDSA.")
                return known
            }
            state.withLock { $0.keys = keys }
            return keys
        } catch {
            warn("security: the keys of the issuer cannot be read: \((error as? PluginError)?.message ?? "\(error)")")
            return known
        }
    }
}
