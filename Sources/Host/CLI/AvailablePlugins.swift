import Builtin
import HostManifest
import HostPlugins
import PluginKit

/// The plugins this process can use: those compiled in, and those installed in the folder that the manifest names.
struct AvailablePlugins {
    /// Opened libraries stay open, so there is one for the life of the process.
    static let runtime = PluginRuntime()

    /// Compiled in, then installed. The installed ones are opened when an instance is made, not before.
    let all: [PluginType]
    /// Why installed plugins are left out, a sentence each.
    let faults: [String]
    private let installed: InstalledPlugins

    /// Finds the plugins for a manifest; nothing of them runs.
    init(config: String) {
        installed = Self.finder(runsCode: false)
        let loader = ManifestLoader(plugins: Builtin.plugins, finder: installed, secrets: Secrets.places)
        all = loader.load(path: config, environment: ProcessEnvironment.all).plugins
        faults = installed.faults.map(\.message)
    }

    /// Where an installed plugin is and what it may reach; `nil` for one that was compiled in.
    func details(_ id: String) -> InstalledDetails? { installed.details(id) }

    /// Reads manifests that may name installed plugins.
    static func loader(
        runsCode: Bool, awaiting awaited: AwaitedPrograms = .all, secrets: [SecretPlace] = Secrets.places
    ) -> ManifestLoader {
        ManifestLoader(
            plugins: Builtin.plugins, finder: finder(runsCode: runsCode), awaiting: awaited, secrets: secrets)
    }

    private static func finder(runsCode: Bool) -> InstalledPlugins {
        InstalledPlugins(
            taken: Set(Builtin.plugins.map(\.descriptor.id)), servers: Builtin.plugins, runtime: runtime,
            runsCode: runsCode)
    }

    /// Where the manifest says plugins are, and the programs its instances name themselves.
    static func programs(config: String) -> (settings: PluginSettings, programs: [NamedProgram]) {
        let collector = ProgramCollector()
        let loader = ManifestLoader(plugins: Builtin.plugins, finder: collector, secrets: Secrets.places)
        _ = loader.load(path: config, environment: ProcessEnvironment.all)
        return (collector.settings ?? PluginSettings(folder: "plugins"), collector.programs)
    }
}
