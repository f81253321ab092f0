/// A further place that `${secret:NAME}` reads, after the environment and files.
package struct SecretPlace: Sendable {
    /// How messages name it, as `secrets.vault`.
    package let name: String
    /// Returns a secret, `nil` where the place has none of that name; throws why the place cannot be read.
    package let find: @Sendable (_ secret: String, _ manifestFolder: String) throws -> String?

    /// Names a place.
    package init(
        name: String,
        find: @escaping @Sendable (_ secret: String, _ manifestFolder: String) throws -> String?
    ) {
        (self.name, self.find) = (name, find)
    }

    /// Has a text for every secret, an address, since some have to be one: for who only wants to know where the state folder is.
    package static let standIn = SecretPlace(name: "nowhere") { _, _ in "https://localhost/" }
}
