import Glibc
import PluginKit

/// The folder that plugins are installed in: a folder each, found by its `plugin.yaml`.
package struct PluginFolder: Sendable {
    /// The folder's path.
    package let path: String

    /// A plugin that was found; nothing of it ran.
    package struct Installed: Sendable {
        /// What it says of itself.
        package let manifest: PluginManifest
        /// Its own folder.
        package let folder: String

        /// The library's path, for the dynamic tier.
        package var library: String? {
            guard case .library(let path) = manifest.program else { return nil }
            return "\(folder)/\(path)"
        }
    }

    /// What a folder holds.
    package struct Contents: Sendable {
        /// Plugins whose manifest is in order, by identifier.
        package let plugins: [Installed]
        /// Why others are left out.
        package let faults: [PluginFault]

        /// Returns the plugin of an identifier.
        package subscript(id: PluginIdentifier) -> Installed? { plugins.first { $0.manifest.id == id } }
    }

    /// Most plugins in a folder.
    static let limit = 1_000

    /// Names a folder; it need not exist.
    package init(_ path: String) { self.path = path }

    /// Names the folder `plugins` beside a manifest.
    package static func beside(manifest: String) -> PluginFolder {
        guard let slash = manifest.lastIndex(of: "/") else { return PluginFolder("plugins") }
        return PluginFolder(String(manifest[...slash]) + "plugins")
    }

    /// The file that pins the content of the plugins.
    package var lockPath: String { "\(path)/\(PluginLock.fileName)" }

    /// Finds the plugins; a folder that does not exist has none. Runs nothing; a bad plugin hides no other.
    package func discover() -> Contents {
        guard access(path, F_OK) == 0 else { return Contents(plugins: [], faults: []) }
        var plugins: [Installed] = []
        var faults: [PluginFault] = []
        do throws(PluginFault) {
            for folder in try candidates() {
                do throws(PluginFault) {
                    plugins.append(Installed(manifest: try PluginManifest.read(folder: folder), folder: folder))
                } catch {
                    faults.append(error)
                }
            }
        } catch {
            faults.append(error)
        }
        return Self.unique(plugins.sorted { $0.manifest.id < $1.manifest.id }, faults)
    }

    private func candidates() throws(PluginFault) -> [String] {
        let names = try FileTree.names(path).filter { !$0.hasPrefix(".") }.sorted()
        let folders = names.map { "\(path)/\($0)" }.filter {
            var status = stat()
            return lstat($0, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
        }
        guard folders.count <= Self.limit else {
            throw PluginFault(
                .file,
                "\(PluginError.quoted(path)): it has \(folders.count) folders; allowed \(Self.limit). Check that it is "
                    + "the plugin folder.")
        }
        return folders
    }

    private static func unique(_ sorted: [Installed], _ faults: [PluginFault]) -> Contents {
        var kept: [Installed] = []
        var faults = faults
        for plugin in sorted {
            guard let other = kept.last, other.manifest.id == plugin.manifest.id else {
                kept.append(plugin)
                continue
            }
            faults.append(
                PluginFault(
                    .manifest,
                    "\(plugin.manifest.id): it is in \(PluginError.quoted(other.folder)) and in "
                        + "\(PluginError.quoted(plugin.folder)); the first is used. Remove one of them."))
        }
        return Contents(plugins: kept, faults: faults)
    }
}

extension PluginFolder {
    /// Returns the text of a plugin's `README.md`, at most 64 KiB of it; `nil` where there is none, or a link.
    package static func readme(_ folder: String) -> String? {
        let descriptor = open("\(folder)/README.md", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard let bytes = try? FileBytes.read(descriptor, count: 65_536, name: "README.md") else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
