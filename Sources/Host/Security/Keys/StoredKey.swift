import CivilTime

/// What the host keeps of a key: everything but the key.
package struct StoredKey: Sendable, Codable, Equatable {
    /// Names the key; part of its text.
    package let id: String
    /// Whose it is; a rotation keeps it.
    package let name: String
    /// What it may do.
    package let role: String
    /// The hash of its secret.
    let hash: String
    /// When it was made, UTC.
    package let created: String
    /// When it ends, UTC; `nil` for never.
    package var expires: String?
    /// When it was revoked, UTC; `nil` while it is good.
    package var revoked: String?

    /// How a key stands.
    package enum Standing: String, Sendable {
        /// It may be used.
        case good
        /// Its time is over.
        case expired
        /// It was taken back.
        case revoked
    }

    /// Creates the entry of a new key.
    init(_ key: KeyText, name: String, role: String, now: Int64, expires: Int64?) throws {
        id = key.id
        self.name = name
        self.role = role
        hash = try KeyHash(of: key.secret).text
        created = ISO8601.format(now, decimals: 0)
        self.expires = expires.map { ISO8601.format($0, decimals: 0) }
    }

    /// Returns how it stands at a moment; a time nobody can read has passed.
    package func standing(at now: Int64) -> Standing {
        if revoked != nil { return .revoked }
        guard let expires else { return .good }
        return (ISO8601.parse(expires) ?? .min) > now ? .good : .expired
    }
}
