package import HostManifest
import HostProcess
package import PluginKit
import Synchronization

/// The plugins of a plugin folder, and programs that instances name themselves, for a manifest that is being read.
///
/// Looking runs nothing: what a plugin is stands in its `plugin.yaml`. It is opened when it is asked to validate options
/// or to make an instance; what was never accepted, or was changed since, is refused then, at the instance that names it.
package final class InstalledPlugins: PluginFinder {
    private let taken: Set<String>
    private let servers: [PluginType]
    private let runtime: PluginRuntime
    private let runsCode: Bool
    private let found = Mutex(Found())

    private struct Found {
        var details: [String: InstalledDetails] = [:]
        var faults: [PluginFault] = []
        var programs: [PinnedProgram] = []
    }

    /// Creates a finder.
    ///
    /// - Parameters:
    ///   - taken: identifiers of the plugins that were compiled in; a plugin with one of them is left out.
    ///   - servers: models that were compiled in, which may serve what others fit.
    ///   - runtime: the same for the life of the process.
    ///   - runsCode: whether plugins may be opened to validate options.
    package init(taken: Set<String>, servers: [PluginType] = [], runtime: PluginRuntime, runsCode: Bool = true) {
        self.taken = taken
        self.servers = servers
        self.runtime = runtime
        self.runsCode = runsCode
    }

    /// Why plugins of the folder are left out.
    package var faults: [PluginFault] { found.withLock { $0.faults } }

    /// Where a plugin is and what it may reach; `nil` for one that was not found in the folder.
    package func details(_ id: String) -> InstalledDetails? { found.withLock { $0.details[id] } }

    /// Finds what is installed; a bad plugin hides no other.
    package func plugins(_ settings: PluginSettings) -> [PluginType] {
        let settings = settings.absolute
        let folder = PluginFolder(settings.folder)
        let contents = folder.discover()
        var faults = contents.faults
        var lock = PluginLock()
        do throws(PluginFault) { lock = try PluginLock.read(folder) } catch { faults.append(error) }
        var details: [String: InstalledDetails] = [:]
        var types: [PluginType] = []
        for plugin in contents.plugins {
            do throws(PluginFault) {
                try check(plugin)
                let server = try server(of: plugin.manifest)
                let granted = settings.grants[plugin.manifest.id.description]
                details[plugin.manifest.id.description] = InstalledDetails(plugin: plugin, override: granted)
                let type = opener(plugin, lock, settings).type(runsCode: runsCode)
                types.append(server.map(type.served) ?? type)
            } catch {
                faults.append(error)
            }
        }
        found.withLock { $0 = Found(details: details, faults: faults, programs: lock.programs) }
        return types
    }

    /// Returns the plugin of a program that was accepted.
    package func plugin(
        _ program: InlineProgram, kind: PluginKind, _ settings: PluginSettings
    ) throws(PluginError) -> PluginType {
        let settings = settings.absolute
        guard let pinned = found.withLock({ $0.programs.first { $0.kind == kind && $0.program == program } }) else {
            throw PluginError(
                .configuration,
                "the \(program) was never accepted as \(kind == .indicator ? "an" : "a") \(kind.rawValue); allowed is what \(PluginLock.fileName) holds. Look "
                    + "at it, then run `penstock plugins lock`.")
        }
        guard !taken.contains(pinned.descriptor.id) else {
            throw PluginError(
                .configuration,
                "the \(program) is '\(pinned.descriptor.id)', which the host has itself; allowed are other names.")
        }
        let tier: PluginTier = if case .library = program { .dynamic } else { .process }
        let opened = InlineOpening(runtime: runtime, settings: settings)
        return PluginOpener(
            pinned.descriptor, tier: tier, content: "\(pinned.digest)", place: PluginLock.fileName
        ) { () throws(PluginFault) in
            let digest = try PinnedProgram.digest(of: program, in: settings.baseDirectory)
            guard digest == pinned.digest else {
                throw PluginFault(
                    .notLocked,
                    "\(pinned.descriptor.id): the \(program) changed since it was accepted. If the change is wanted, run "
                        + "`penstock plugins lock`.")
            }
            return try opened.open(program, kind: kind, grants: settings.grants[pinned.descriptor.id])
        }.type(runsCode: runsCode)
    }

    /// What serves a plugin's artifacts; `nil` where it does so itself.
    private func server(of manifest: PluginManifest) throws(PluginFault) -> PluginType? {
        guard let name = manifest.servedBy else { return nil }
        if let server = servers.first(where: { $0.descriptor.kind == .model && $0.descriptor.name == name }) {
            return server
        }
        throw PluginFault(
            .manifest,
            "\(manifest.id): 'served_by' is \(PluginError.quoted(name)); allowed is a model of the host. Correct it.")
    }

    private func check(_ plugin: PluginFolder.Installed) throws(PluginFault) {
        let (id, descriptor) = (plugin.manifest.id, plugin.manifest.descriptor)
        guard !taken.contains(id.description) else {
            throw PluginFault(
                .manifest,
                "\(id): the host has a plugin of that name; allowed other names. Rename the plugin in "
                    + "\(PluginError.quoted(plugin.folder)), or remove it.")
        }
        let reserved = Set(HostFields.envelope(of: descriptor).map(\.name))
        if let option = descriptor.schema.options.first(where: { reserved.contains($0.name) }) {
            throw PluginFault(
                .manifest,
                "\(id): its option '\(option.name)' is a key of the host; allowed other names. Rename the option.")
        }
    }

    private func opener(
        _ plugin: PluginFolder.Installed, _ lock: PluginLock, _ settings: PluginSettings
    ) -> PluginOpener {
        let (runtime, id) = (runtime, plugin.manifest.id)
        let content = lock.entries[id].map { "\($0.digest)" } ?? ""
        return PluginOpener(
            plugin.manifest.descriptor, tier: plugin.manifest.tier, content: content, place: PluginManifest.fileName
        ) { () throws(PluginFault) in
            try lock.verify(plugin)
            if let library = plugin.library {
                let exported = try runtime.loader(settings.state).load(library, expecting: lock.entries[id]?.library)
                return try Self.choose(exported, id)
            }
            let granted = settings.grants[id.description] ?? plugin.manifest.permissions
            let fit = ProcessFit(granted: granted, settings: settings)
            let command = fit.command(
                plugin.command ?? [], in: plugin.folder, sdk: try runtime.sdk(settings.state))
            return try runtime.plugin(fit, command).described(as: id.description).checking(fit)
        }
    }

    private static func choose(_ exported: [PluginType], _ id: PluginIdentifier) throws(PluginFault) -> PluginType {
        if let plugin = exported.first(where: { $0.descriptor.id == id.description }) { return plugin }
        let names = exported.map { PluginError.quoted($0.descriptor.id) }.joined(separator: ", ")
        throw PluginFault(
            .manifest,
            "\(id): its library exports \(names.isEmpty ? "nothing" : names); allowed '\(id)', as its plugin.yaml says. "
                + "Correct 'id' or the descriptor.")
    }
}

/// Where an installed plugin is, what it asks and what it gets.
package struct InstalledDetails: Sendable {
    /// The plugin's folder.
    package let folder: String
    /// How it is kept apart from the host.
    package let tier: PluginTier
    /// What its file asks.
    package let asked: PluginPermissions
    /// What it may reach.
    package let granted: PluginPermissions

    init(plugin: PluginFolder.Installed, override: PluginPermissions?) {
        folder = plugin.folder
        tier = plugin.manifest.tier
        asked = plugin.manifest.permissions
        granted = override ?? asked
    }
}

extension PluginSettings {
    /// The settings with paths that mean the same in every working folder.
    var absolute: PluginSettings {
        var absolute = self
        absolute.folder = ProcessCommand.absolute(folder)
        absolute.baseDirectory = ProcessCommand.absolute(baseDirectory)
        absolute.state = ProcessCommand.absolute(state)
        return absolute
    }
}

extension PluginType {
    /// The same plugin, whose options are refused where they would open the host's own files.
    func checking(_ fit: ProcessFit) -> PluginType {
        PluginType(
            descriptor: descriptor, tier: tier, typeName: typeName, maker: maker, outputs: { self.outputs($0) },
            validate: { options in
                let refused = fit.faults(self.descriptor.id, options)
                return refused.isEmpty ? self.validate(options) : refused
            })
    }
}

extension ProcessPlugin {
    /// Starts the program once to learn what it is.
    func described(as owner: String) throws(PluginFault) -> PluginType {
        do {
            return try describe(as: owner)
        } catch {
            throw PluginFault(error.isTransient ? .noAnswer : .unloadable, error.message)
        }
    }
}
