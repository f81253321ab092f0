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

    /// The proposal in lines: what it is, its digest, what it may reach.
    package var text: String {
        let permissions = manifest.permissions
        var lines = [
            "\(manifest.id) \(manifest.version)\(replaces.map { " (replaces \($0))" } ?? ""): \(manifest.summary)",
            "  tier         \(tier)", "  digest       \(digest)", "  network      \(list(permissions.network))",
            "  files        \(list(permissions.files))", "  environment  \(list(permissions.environment))",
        ]
        if installsPackages { lines.append("  packages     from requirements.txt, into its own virtual environment") }
        return lines.joined(separator: "\n")
    }

    private var tier: String {
        switch manifest.program {
        case .library(let path):
            "dynamic: \(path) runs inside the host and may reach whatever the host may; what is asked below is not enforced"
        case .command(let words): "process: \(words.joined(separator: " "))"
        }
    }

    private func list(_ items: [String]) -> String { items.isEmpty ? "none asked" : items.joined(separator: ", ") }
}
