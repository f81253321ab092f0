/// What a plugin in a process of its own may reach: what it asks in its file, and what it is granted.
package struct PluginPermissions: Sendable, Hashable {
    /// Hosts it connects to, `api.example.com` or `api.example.com:443`; one opens the whole network.
    package var network: [String] = []
    /// Files and folders it opens beside its own.
    package var files: [FileRule] = []
    /// Environment variables it reads.
    package var environment: [String] = []
    /// Address space in MiB; `nil` for the host's default.
    package var memory: Int?
    /// Processor time over the life of a process; `nil` for no limit.
    package var cpu: Duration?

    /// Nothing.
    package init() {}

    /// What `memory` may be.
    package static let memoryRange = 16...1_048_576
    /// What `cpu` may be.
    package static let cpuRange: ClosedRange<Duration> = .seconds(1)...(.seconds(365 * 86_400))

    /// Why a text is no host.
    package static let networkRule = "is no host; allowed `name` or `name:port`"
    /// Why a text is no variable.
    package static let variableRule = "is no variable; allowed letters, digits and '_'"

    /// Whether a text is `name` or `name:port`.
    package static func isHost(_ text: String) -> Bool {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), !parts[0].isEmpty, text.utf8.count <= 260 else { return false }
        if parts.count == 2 {
            guard let port = Int(parts[1]), (1...65_535).contains(port) else { return false }
        }
        return parts[0].utf8.allSatisfy { byte in isAlphanumeric(byte) || byte == 45 || byte == 46 }
    }

    /// Whether a text names an environment variable.
    package static func isVariable(_ text: String) -> Bool {
        (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { isAlphanumeric($0) || $0 == 95 }
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }
}

/// One file or folder a plugin may open: `read /usr/share/zoneinfo`, `write {path}`.
package struct FileRule: Sendable, Hashable, CustomStringConvertible {
    /// Whether it may also be changed.
    package let isWritable: Bool
    /// A path, or `{name}` for the path that an option holds.
    package let path: String

    /// Why a text is no rule.
    package static let grammar = "is no file rule; allowed `read PATH` or `write PATH`, PATH also `{option}`"

    /// Reads a rule; `nil` where the text is none.
    package init?(_ text: String) {
        let words = text.split(separator: " ", maxSplits: 1)
        guard words.count == 2, ["read", "write"].contains(words[0]), words[1].utf8.count <= 1_024,
            words[1].utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }), !words[1].split(separator: "/").contains("..")
        else { return nil }
        isWritable = words[0] == "write"
        path = String(words[1])
    }

    /// The option whose path is meant; `nil` where the path is written out.
    package var option: String? {
        path.hasPrefix("{") && path.hasSuffix("}") ? String(path.dropFirst().dropLast()) : nil
    }

    /// The rule as it is written.
    package var description: String { "\(isWritable ? "write" : "read") \(path)" }
}

/// Where plugins nobody compiled in are, and what they are granted: the key `host.plugins`.
package struct PluginSettings: Sendable {
    /// The folder they are installed in, resolved from the manifest's.
    package var folder: String
    /// The folder of the manifest.
    package var baseDirectory: String
    /// The folder of all state, resolved from the manifest's.
    package var state: String
    /// What is granted by plugin (`provider/tokyo`); one that is absent gets what it asks.
    package var grants: [String: PluginPermissions]

    /// Creates settings.
    package init(
        folder: String, baseDirectory: String = ".", state: String = "var", grants: [String: PluginPermissions] = [:]
    ) {
        self.folder = folder
        self.baseDirectory = baseDirectory
        self.state = state
        self.grants = grants
    }
}
