package import AccessScopes

/// Who may in and how: the key `host.security`.
package struct SecuritySettings: Sendable, Equatable {
    /// A certificate of the host, and what it asks of machines; paths are absolute.
    package struct TLS: Sendable, Equatable {
        /// The certificate with those it was signed by, PEM.
        package let certificate: String
        /// Its private key, PEM.
        package let key: String
        /// The oldest version of TLS: `1.2` or `1.3`.
        package let oldest: String
        /// Certificates that sign those of machines; `nil` asks for none.
        package let clients: String?
        /// Roles of machines by the DNS name in their certificate.
        package let machines: [String: String]
        /// How long browsers remember that the host speaks TLS only; zero tells them nothing.
        package let hsts: Duration
    }

    /// Somebody else who says who callers are.
    package struct Issuer: Sendable, Equatable {
        /// `iss` of each token.
        package let issuer: String
        /// What `aud` has to name.
        package let audience: String
        /// A JWKS: an address, or the absolute path of a file.
        package let keys: String
        /// The claim whose texts say what a subject may.
        package let claim: String
        /// Roles by those texts.
        package let grants: [String: String]
        /// How far clocks may be apart.
        package let skew: Duration
    }

    /// How many requests a second each caller may make.
    package struct Limits: Sendable, Equatable {
        /// What is only read.
        package let read: Double
        /// Changes.
        package let change: Double
        /// Logins and refused requests.
        package let login: Double
    }

    /// The log of changes.
    package struct Audit: Sendable, Equatable {
        /// The Ed25519 key that seals are signed with: the absolute path of a PEM file; `nil` for none.
        package let key: String?
        /// Whether what is only read is logged too.
        package let isOfData: Bool
    }

    /// The log of changes.
    package let audit: Audit
    /// Somebody else who says who callers are; `nil` for nobody.
    package let issuer: Issuer?
    /// How many requests each caller may make.
    package let limits: Limits
    /// Names of the host that a request may use, besides its address.
    package let names: [String]
    /// The roles there are.
    package let roles: RoleTable
    /// How connections are encrypted; `nil` for not at all.
    package let tls: TLS?
}
