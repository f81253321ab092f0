package import PluginKit

/// Whether the log of changes is as it was written.
package struct AuditVerdict: Sendable, Equatable, Codable {
    /// Something that is not as it was written.
    package struct Damage: Sendable, Equatable, Codable {
        /// The file, in `security` of the state folder.
        package let file: String
        /// The line in the file, from 1; 0 for the file itself.
        package let line: Int
        /// What is wrong with it.
        package let message: String

        /// The whole of it, for people.
        package var text: String { line > 0 ? "\(file) line \(line): \(message)." : "\(file): \(message)." }
    }

    /// How many lines there are.
    package let lines: Int
    /// How many days are sealed.
    package let seals: Int
    /// How many of these seals are signed.
    package let signed: Int
    /// The hash of the last line: noted elsewhere, it proves later that nothing before it was changed.
    package let head: String
    /// What is wrong, at most a hundred.
    package let damage: [Damage]

    /// Whether nothing is wrong.
    package var isGood: Bool { damage.isEmpty }
}

extension AuditLog {
    /// Reads the whole log, all its days, and says which lines were changed, removed or moved, and which files are missing.
    ///
    /// - Parameters:
    ///   - noted: a hash that `verify` gave before; it has to be there still.
    ///   - keys: the public keys, base64, that seals are signed with, and none by another; none for any.
    ///   - isSigned: whether there has to be a signature.
    package func verify(
        noted: String? = nil, keys: [String] = [], isSigned: Bool = false
    ) throws(PluginError) -> AuditVerdict {
        let all = try snapshot()
        var chain = AuditChain(head: all.head, noted: noted)
        let parts = Dictionary(all.parts.map { ($0.name, $0) }, uniquingKeysWith: { $1 })
        let days = Set(all.seals.keys).union(all.parts.compactMap { Self.day(of: $0.name) }).sorted()
        for day in days {
            chain.follow(day, seal: all.seals[day], part: parts["audit-\(day).log"], next: parts[Self.current])
        }
        if let part = parts[Self.current] { chain.take(part) }
        chain.finish(keys, isSigned)
        return AuditVerdict(
            lines: chain.count, seals: chain.seals.count, signed: chain.seals.count { $0.isSigned }, head: chain.last,
            damage: Array(chain.damage.prefix(100)))
    }

    private static func day(of name: String) -> String? {
        name == current ? nil : String(name.dropFirst("audit-".count).dropLast(".log".count))
    }
}
