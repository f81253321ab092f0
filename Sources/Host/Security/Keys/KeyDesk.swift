package import AccessScopes
import CivilTime
package import PluginKit

/// Makes, lists, rotates and revokes keys in a state folder; the host that runs there goes by it at its next request.
package struct KeyDesk: Sendable {
    /// A key that was made: the only time its text is there.
    package struct Made: Sendable {
        /// The whole key.
        package let text: String
        /// What is kept of it.
        package let stored: StoredKey
    }

    /// Most characters of a name.
    private static let longestName = 64

    private let file: KeyFile
    private let roles: RoleTable
    private let now: @Sendable () -> Int64

    /// Creates a desk.
    package init(stateFolder: String, roles: RoleTable, now: @escaping @Sendable () -> Int64 = { WallClock.now() }) {
        file = KeyFile(stateFolder: stateFolder)
        self.roles = roles
        self.now = now
    }

    /// Every key that was ever made, the oldest first.
    package func list() throws(PluginError) -> [StoredKey] { try file.read() }

    /// Makes a key; throws `.configuration` for a role that is none and for a name that has a good key.
    package func create(name: String, role: String, lifetime: Duration?) throws(PluginError) -> Made {
        try check(name: name)
        guard roles[role] != nil else {
            throw PluginError(
                .configuration,
                "keys: there is no role \(PluginError.quoted(role)); allowed \(roles.names.joined(separator: ", ")). Roles of your "
                    + "own are declared under 'host.security.roles'.")
        }
        let moment = now()
        return try file.change { (keys) throws(PluginError) in
            guard !keys.contains(where: { $0.name == name && $0.standing(at: moment) == .good }) else {
                throw PluginError(
                    .configuration,
                    "keys: \(PluginError.quoted(name)) has a key. `penstock keys rotate \(name)` gives it another.")
            }
            return try Self.add(to: &keys, name: name, role: role, moment, lifetime)
        }
    }

    /// Gives a name another key with its role. The old one is revoked, or good for `grace` more.
    package func rotate(_ name: String, lifetime: Duration?, grace: Duration) throws(PluginError) -> Made {
        let moment = now()
        return try file.change { (keys) throws(PluginError) in
            let old = keys.indices.filter {
                (keys[$0].name == name || keys[$0].id == name) && keys[$0].standing(at: moment) == .good
            }
            guard let last = old.last else { throw Self.unknown(name) }
            let (owner, role) = (keys[last].name, keys[last].role)
            guard roles[role] != nil else {
                throw PluginError(
                    .configuration, "keys: the role \(PluginError.quoted(role)) of \(PluginError.quoted(name)) is gone."
                )
            }
            let end = ISO8601.format(moment &+ grace.nanoseconds, decimals: 0)
            for index in old {
                if grace == .zero { keys[index].revoked = end } else { keys[index].expires = end }
            }
            return try Self.add(to: &keys, name: owner, role: role, moment, lifetime)
        }
    }

    /// Takes back every good key of a name, or the one with an id; returns them.
    package func revoke(_ name: String) throws(PluginError) -> [StoredKey] {
        let moment = now()
        return try file.change { (keys) throws(PluginError) in
            let found = keys.indices.filter {
                (keys[$0].name == name || keys[$0].id == name) && keys[$0].standing(at: moment) == .good
            }
            guard !found.isEmpty else { throw Self.unknown(name) }
            for index in found { keys[index].revoked = ISO8601.format(moment, decimals: 0) }
            return found.map { keys[$0] }
        }
    }

    private static func add(
        to keys: inout [StoredKey], name: String, role: String, _ moment: Int64, _ lifetime: Duration?
    ) throws(PluginError) -> Made {
        let key = KeyText.random()
        do {
            let stored = try StoredKey(
                key, name: name, role: role, now: moment, expires: lifetime.map { moment &+ $0.nanoseconds })
            keys.append(stored)
            return Made(text: key.text, stored: stored)
        } catch {
            throw PluginError(.environment, "keys: scrypt did not work: \(error)")
        }
    }

    private func check(name: String) throws(PluginError) {
        let isPlain = name.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || [0x2D, 0x2E, 0x40, 0x5F].contains(byte)
        }
        guard !name.isEmpty, name.utf8.count <= Self.longestName, isPlain else {
            throw PluginError(
                .configuration,
                "keys: \(PluginError.quoted(name)) is no name; allowed 1...\(Self.longestName) letters, digits, '.', '-', '_', '@'."
            )
        }
    }

    private static func unknown(_ name: String) -> PluginError {
        PluginError(
            .configuration,
            "keys: \(PluginError.quoted(name)) has no good key. `penstock keys list` shows which there are.")
    }
}

extension Duration {
    /// The span in nanoseconds, at most the largest there is.
    var nanoseconds: Int64 {
        let (seconds, overflow) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : seconds &+ components.attoseconds / 1_000_000_000
    }
}
