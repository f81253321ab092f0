import ArgumentParser
import HostApp
import HostManifest
import HostPlugins
import PluginKit

/// `penstock upgrade`: going over from another version.
struct UpgradeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "upgrade", abstract: "What going over to this version would do.",
        subcommands: [CheckUpgrade.self])
}

/// `penstock upgrade check`.
struct CheckUpgrade: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Say what a start of this version would do with manifest, plugins and state; nothing is changed.",
        discussion: """
            Run it with the new program before the old one is stopped. Exit codes: 0 a start goes well, 2 the manifest has \
            faults for this version, 3 a plugin or the state does not fit it, or the disk has no room for the copy of the state.
            """)

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        let result = shared.load(awaiting: .needed)
        let findings =
            [manifest(result)] + plugins() + UpgradeCheck(stateFolder: shared.stateFolder).findings()
        try shared.conclude(findings, of: result)
    }

    /// Its faults, those of enabled plugins too: these were opened.
    private func manifest(_ result: ManifestResult) -> Finding {
        Finding(
            check: "manifest", isOK: result.manifest != nil,
            message: result.manifest != nil
                ? "\(shared.config) has no faults for penstock \(PenstockVersion.current)."
                : "\(result.faults.count) fault(s) in \(shared.config). \(result.report)")
    }

    /// All that are installed, enabled or not: whether they are whole, and which PluginKit and compiler libraries are built for.
    private func plugins() -> [Finding] {
        let contents = PluginFolder(AvailablePlugins.programs(config: shared.config).settings.folder).discover()
        let broken = contents.faults.map { Finding(check: "plugin", isOK: false, message: $0.message) }
        return broken
            + contents.plugins.map { plugin in
                let name = "\(plugin.manifest.id)"
                do throws(PluginFault) {
                    if let library = plugin.library { try DynamicLoader.examine(library) }
                    return Finding(check: name, isOK: true, message: "\(plugin.manifest.descriptor.version) fits.")
                } catch {
                    return Finding(check: name, isOK: false, message: error.message)
                }
            }
    }
}
