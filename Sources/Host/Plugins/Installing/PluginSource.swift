import Glibc
import PluginKit

/// Where a plugin is installed from.
package enum PluginSource: Sendable, Hashable {
    /// A folder with a `plugin.yaml`.
    case folder(String)
    /// A `.tar.gz`, `.tgz`, `.tar` or `.zip` of such a folder.
    case archive(String)
    /// A git repository.
    case git(String)

    /// Reads what the user named: a git URL by its scheme or `.git`, an archive by its ending, else a folder.
    package init(_ text: String) {
        if ["https://", "ssh://", "git://", "file://", "git@"].contains(where: text.hasPrefix) {
            self = .git(text)
        } else if [".tar.gz", ".tgz", ".tar", ".zip"].contains(where: text.hasSuffix) {
            self = .archive(text)
        } else {
            self = .folder(text)
        }
    }

    /// Brings the plugin's files under a staging folder and returns the folder that has the `plugin.yaml`.
    func fetch(into staging: String) throws(PluginFault) -> String {
        switch self {
        case .folder(let path): return try Self.root(path)
        case .archive(let path):
            try PluginArchive(path: path).extract(to: staging)
            return try Self.root(staging)
        case .git(let url):
            try FileTree.makeFolders(staging)
            _ = try ChildCommand(
                program: "git",
                arguments: [
                    "-c", "protocol.ext.allow=never", "-c", "core.hooksPath=/dev/null", "-c", "core.symlinks=false",
                    "clone", "--quiet", "--depth", "1", "--no-recurse-submodules", "--", url, "\(staging)/clone",
                ], seconds: 300
            ).run()
            return try Self.root("\(staging)/clone")
        }
    }

    /// Returns the folder itself, or the only folder in it, whichever has the manifest.
    private static func root(_ folder: String) throws(PluginFault) -> String {
        if hasManifest(folder) { return folder }
        let inner = try FileTree.names(folder).filter { !FileTree.excluded.contains($0) }.map { "\(folder)/\($0)" }
        if inner.count == 1, hasManifest(inner[0]) { return inner[0] }
        throw PluginFault(
            .manifest,
            "\(PluginError.quoted(folder)): there is no \(PluginManifest.fileName) in it. Name a plugin's folder.")
    }

    private static func hasManifest(_ folder: String) -> Bool {
        var status = stat()
        return lstat("\(folder)/\(PluginManifest.fileName)", &status) == 0
    }
}
