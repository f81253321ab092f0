package import AccessScopes

/// Who asks, once it was proved.
package struct Identity: Sendable, Equatable {
    /// How it was proved.
    package enum Proof: String, Sendable {
        /// The token of the state folder: whoever runs the host.
        case token
        /// A key of `penstock keys`.
        case key
        /// A browser that logged in with a key.
        case session
        /// A certificate of its own.
        case certificate
        /// A token that an issuer of identities signed.
        case jwt
    }

    /// Whoever can read the token of the state folder runs the host anyway.
    package static let local = Identity(
        name: "local", role: RoleTable.admin, scopes: Set(Scope.given), proof: .token, key: nil)

    /// Whose it is.
    package let name: String
    /// The role that says what it may.
    package let role: String
    /// What it may.
    package let scopes: Set<Scope>
    /// How it was proved.
    package let proof: Proof
    /// The id of the key behind it; `nil` where there is none.
    package let key: String?

    /// Creates an identity.
    package init(name: String, role: String, scopes: Set<Scope>, proof: Proof, key: String?) {
        (self.name, self.role, self.scopes, self.proof, self.key) = (name, role, scopes, proof, key)
    }

    /// Whether it may do something.
    package func may(_ scope: Scope) -> Bool { scope == .open || scopes.contains(scope) }
}
