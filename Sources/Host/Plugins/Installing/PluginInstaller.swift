import Glibc
import PluginKit

/// Installs and removes plugins in a plugin folder, and keeps its lock.
///
/// Everything is prepared in a hidden folder beside the plugins and moved into place at the end: a plugin is there whole
/// or not at all, and a failure brings the one before back.
package struct PluginInstaller: Sendable {
    private let folder: PluginFolder

    /// Creates an installer for a plugin folder; it is made when something is installed.
    package init(_ folder: PluginFolder) { self.folder = folder }

    /// Installs or replaces a plugin, and accepts its content in the lock.
    ///
    /// - Parameters:
    ///   - source: where it comes from.
    ///   - confirm: is shown what would be installed; `false` ends it with nothing changed.
    ///   - progress: receives lines of what takes long.
    package func install(
        _ source: PluginSource, confirm: (PluginProposal) -> Bool, progress: (String) -> Void = { _ in }
    ) throws(PluginFault) -> PluginFolder.Installed {
        try FileTree.makeFolders(folder.path)
        let staging = try makeStaging()
        defer { FileTree.remove(staging) }
        let fetched = try source.fetch(into: "\(staging)/source")
        let prepared = "\(staging)/plugin"
        try FileTree.copy(fetched, to: prepared)
        let manifest = try PluginManifest.read(folder: prepared)
        let present = folder.discover()[manifest.id]
        let proposal = PluginProposal(
            manifest: manifest, digest: try FolderDigest.compute(prepared), replaces: present?.manifest.version,
            installsPackages: access("\(prepared)/\(VirtualEnvironment.requirements)", F_OK) == 0)
        guard confirm(proposal) else {
            throw PluginFault(.declined, "\(manifest.id): it was not accepted; nothing was installed.")
        }
        return try place(prepared, manifest, over: present?.folder, staging: staging, progress)
    }

    /// Removes a plugin and what the lock has of it.
    package func remove(_ id: PluginIdentifier) throws(PluginFault) {
        guard let plugin = folder.discover()[id] else { throw missing(id) }
        var lock = try PluginLock.read(folder)
        lock.remove(id)
        try lock.write(folder)
        let staging = try makeStaging()
        try move(plugin.folder, to: "\(staging)/removed")
        FileTree.remove(staging)
    }

    /// Accepts the present content of one plugin, or of all, and forgets those that are gone; returns what was accepted.
    package func lock(_ id: PluginIdentifier? = nil) throws(PluginFault) -> [PluginFolder.Installed] {
        let contents = folder.discover()
        if let id, contents[id] == nil { throw missing(id) }
        var lock = (try? PluginLock.read(folder)) ?? PluginLock()
        let accepted = contents.plugins.filter { id == nil || $0.manifest.id == id }
        for plugin in accepted { try lock.accept(plugin) }
        for gone in lock.entries.keys where contents[gone] == nil { lock.remove(gone) }
        try lock.write(folder)
        return accepted
    }

    /// Accepts programs that instances of a manifest name themselves, in place of those accepted before.
    package func pin(_ programs: [PinnedProgram]) throws(PluginFault) {
        var lock = (try? PluginLock.read(folder)) ?? PluginLock()
        guard !programs.isEmpty || !lock.programs.isEmpty else { return }
        lock.programs = programs
        try lock.write(folder)
    }

    /// Returns what speaks against each installed plugin; empty where everything is as it was accepted.
    package func verify() -> [PluginFault] {
        let contents = folder.discover()
        var faults = contents.faults
        do throws(PluginFault) {
            let lock = try PluginLock.read(folder)
            for plugin in contents.plugins {
                do throws(PluginFault) { try lock.verify(plugin) } catch { faults.append(error) }
            }
        } catch {
            faults.append(error)
        }
        return faults
    }

    private func place(
        _ prepared: String, _ manifest: PluginManifest, over present: String?, staging: String,
        _ progress: (String) -> Void
    ) throws(PluginFault) -> PluginFolder.Installed {
        let target = present ?? "\(folder.path)/\(manifest.id.folderName)"
        let old = "\(staging)/old"
        let isReplacing = access(target, F_OK) == 0
        if isReplacing { try move(target, to: old) }
        do throws(PluginFault) {
            try move(prepared, to: target)
            if manifest.tier == .process { try VirtualEnvironment.make(in: target, progress: progress) }
            let installed = PluginFolder.Installed(manifest: manifest, folder: target)
            var lock = try PluginLock.read(folder)
            try lock.accept(installed)
            try lock.write(folder)
            return installed
        } catch {
            FileTree.remove(target)
            if isReplacing { try move(old, to: target) }
            throw error
        }
    }

    private func makeStaging() throws(PluginFault) -> String {
        var template = Array("\(folder.path)/.staging-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw PluginFault(
                .file,
                "\(PluginError.quoted(folder.path)): nothing can be written there: "
                    + "\(String(cString: strerror(errno))). Check its permissions.")
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private func move(_ path: String, to target: String) throws(PluginFault) {
        guard rename(path, target) == 0 else {
            throw PluginFault(
                .file,
                "\(PluginError.quoted(path)): it cannot be moved: \(String(cString: strerror(errno))). Check the plugin "
                    + "folder's permissions.")
        }
    }

    private func missing(_ id: PluginIdentifier) -> PluginFault {
        PluginFault(
            .file,
            "\(id): it is not installed in \(PluginError.quoted(folder.path)). `penstock plugins list` shows what is.")
    }
}
