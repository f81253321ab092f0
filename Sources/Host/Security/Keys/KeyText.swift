/// What a key looks like: `penstock_ID_SECRET`. The id is no secret and finds the key; the prefix lets a scanner find what leaked.
package struct KeyText: Sendable, Equatable {
    /// What every key begins with.
    package static let prefix = "penstock_"
    /// Letters of an id.
    static let idLength = 12
    /// Letters of a secret: 256 bits.
    static let secretLength = 64
    /// No key is longer.
    static let longest = prefix.utf8.count + idLength + 1 + secretLength

    /// Names the key.
    package let id: String
    /// Proves it.
    let secret: String

    /// Makes a new one out of the system's randomness.
    package static func random() -> KeyText {
        KeyText(id: RandomText.hex(idLength / 2), secret: RandomText.hex(secretLength / 2))
    }

    private init(id: String, secret: String) { (self.id, self.secret) = (id, secret) }

    /// Reads a key; `nil` where the text is none.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count == Self.longest, text.hasPrefix(Self.prefix) else { return nil }
        let rest = text.dropFirst(Self.prefix.count)
        let parts = rest.split(separator: "_", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].utf8.count == Self.idLength, parts[1].utf8.count == Self.secretLength,
            parts.allSatisfy({ $0.utf8.allSatisfy(RandomText.isHex) })
        else { return nil }
        self.init(id: String(parts[0]), secret: String(parts[1]))
    }

    /// The whole key, as its owner keeps it.
    package var text: String { "\(Self.prefix)\(id)_\(secret)" }

    /// What a list shows of a key.
    package static func shown(_ id: String) -> String { "\(prefix)\(id)_..." }
}
