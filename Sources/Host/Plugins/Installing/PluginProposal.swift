import HostManifest
import PluginKit

/// What is shown to the user before a plugin is accepted.
package struct PluginProposal: Sendable {
    /// What the plugin says of itself.
    package let manifest: PluginManifest
    /// The digest of what would be installed.
    package let digest: ContentDigest
    /// The version that would be replaced; `nil` where there is none.
    package let replaces: String?
    /// Whether packages would be installed from `requirements.txt`, which runs their code.
    package let installsPackages: Bool

    /// The proposal in lines: what it is, its digest, what it may reach once it is accepted, and how far that holds.
    package var text: String {
        let permissions = manifest.permissions
        var lines = [
            "\(manifest.id) \(manifest.version)\(replaces.map { " (replaces \($0))" } ?? ""): \(manifest.summary)",
            "  tier         \(tier)", "  digest       \(digest)", "  network      \(network(permissions))",
            "  files        \(Self.list(permissions.files.map(\.description)))",
            "  environment  \(Self.list(permissions.environment))",
        ]
        if let memory = permissions.memory { lines.append("  memory       \(memory) MiB") }
        if let cpu = permissions.cpu { lines.append("  cpu          \(DurationText.text(cpu))") }
        if installsPackages {
            lines.append(
                "  packages     from requirements.txt, into its own virtual environment; installing them runs their code"
            )
        }
        return lines.joined(separator: "\n")
    }

    private var tier: String {
        switch manifest.program {
        case .library(let path):
            "dynamic: \(path) runs inside the host and may reach whatever the host may; what is asked below is not enforced"
        case .command(let words): "process: \(words.joined(separator: " "))"
        }
    }

    private func network(_ permissions: PluginPermissions) -> String {
        guard !permissions.network.isEmpty else { return "none asked" }
        let reach = manifest.tier == .process ? " (opens the whole network: hosts cannot be told apart)" : ""
        return Self.list(permissions.network) + reach
    }

    private static func list(_ items: [String]) -> String {
        items.isEmpty ? "none asked" : items.joined(separator: ", ")
    }
}
