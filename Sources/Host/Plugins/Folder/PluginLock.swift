import HostManifest
import PluginKit

/// `plugins.lock`: the content of each plugin that the user accepted. What is not in it, or differs, does not run.
package struct PluginLock: Sendable {
    /// What was accepted of one plugin.
    package struct Entry: Sendable, Hashable {
        /// The version it said it has.
        package let version: String
        /// The digest of its folder.
        package let digest: ContentDigest
        /// The digest of its library; `nil` for other tiers.
        package let library: ContentDigest?
    }

    /// What was accepted, by identifier.
    package private(set) var entries: [PluginIdentifier: Entry]
    /// Programs that instances of a manifest name themselves.
    package var programs: [PinnedProgram] = []

    /// The file's name in the plugin folder.
    package static let fileName = "plugins.lock"

    /// Creates a lock.
    package init(entries: [PluginIdentifier: Entry] = [:]) { self.entries = entries }

    /// Reads the lock of a plugin folder; one that does not exist accepts nothing.
    package static func read(_ folder: PluginFolder) throws(PluginFault) -> PluginLock {
        let root: YAMLNode
        do {
            root = try YAMLFile.read(folder.lockPath, name: fileName, limit: 1 << 20)
        } catch {
            if error.isMissing { return PluginLock() }
            throw PluginFault(.notLocked, "\(error.description)\nRun `penstock plugins lock` to write it anew.")
        }
        var fields = PluginFields(root, name: fileName, known: ["version", "plugins", "programs"])
        let version = fields.text("version", limit: 8)
        if let version, version != "1" {
            fields.fault("version", "'version' is \(PluginError.quoted(version)); allowed 1. Use a newer host.")
        }
        var lock = PluginLock()
        for (key, node) in fields.children("plugins") { lock.read(key, node, &fields) }
        lock.programs = PinnedProgram.read("programs", &fields)
        guard fields.faults.isEmpty else { throw PluginFault(.notLocked, fields.faults.joined(separator: "\n")) }
        return lock
    }

    private mutating func read(_ key: String, _ node: YAMLNode, _ fields: inout PluginFields) {
        var inner = PluginFields(node, name: Self.fileName, known: ["version", "digest", "library"])
        let version = inner.text("version", limit: 64)
        let digest = inner.text("digest", limit: 71).flatMap { ContentDigest($0) }
        let library = inner.has("library") ? inner.text("library", limit: 71).flatMap { ContentDigest($0) } : nil
        fields.adopt(inner)
        guard let id = PluginIdentifier(key), let version, let digest, inner.has("library") == (library != nil) else {
            fields.fault(
                "plugins", "the entry \(PluginError.quoted(key)) is not readable. Run `penstock plugins lock`.")
            return
        }
        entries[id] = Entry(version: version, digest: digest, library: library)
    }

    /// Writes the lock of a plugin folder, whole or not at all.
    package func write(_ folder: PluginFolder) throws(PluginFault) {
        try FileTree.makeFolders(folder.path)
        do {
            try AtomicFile.write(text, to: folder.lockPath)
        } catch {
            throw PluginFault(.file, error.description)
        }
    }

    /// The file's text, sorted.
    package var text: String {
        var text =
            "# The content of the installed plugins that was accepted. Written by `penstock plugins lock`.\nversion: 1\n"
        text += entries.isEmpty ? "plugins: {}\n" : "plugins:\n"
        for (id, entry) in entries.sorted(by: { $0.key < $1.key }) {
            text +=
                "  \(id):\n    version: '\(entry.version.replacing("'", with: "''"))'\n    digest: \(entry.digest)\n"
            if let library = entry.library { text += "    library: \(library)\n" }
        }
        if !programs.isEmpty { text += "programs:\n" + programs.map(\.text).sorted().joined() }
        return text
    }

    /// Accepts the present content of a plugin.
    package mutating func accept(_ plugin: PluginFolder.Installed) throws(PluginFault) {
        entries[plugin.manifest.id] = try Self.entry(plugin)
    }

    /// Forgets a plugin.
    package mutating func remove(_ id: PluginIdentifier) { entries[id] = nil }

    /// Throws where the present content of a plugin is not what was accepted.
    package func verify(_ plugin: PluginFolder.Installed) throws(PluginFault) {
        let id = plugin.manifest.id
        guard let locked = entries[id] else {
            throw PluginFault(
                .notLocked,
                "\(id): it was never accepted; allowed are plugins in \(Self.fileName). Look at it, then run "
                    + "`penstock plugins lock`.")
        }
        let found = try Self.entry(plugin)
        guard found.digest == locked.digest, found.library == locked.library else {
            throw PluginFault(
                .notLocked,
                "\(id): its content changed since it was accepted (\(found.digest), locked \(locked.digest)). If the "
                    + "change is wanted, run `penstock plugins lock`.")
        }
    }

    private static func entry(_ plugin: PluginFolder.Installed) throws(PluginFault) -> Entry {
        var library: ContentDigest?
        if let path = plugin.library {
            library = ContentDigest(of: try TrustedFile.read(path, limit: DynamicLoader.sizeLimit))
        }
        return Entry(
            version: plugin.manifest.version, digest: try FolderDigest.compute(plugin.folder), library: library)
    }
}
