import ArgumentParser
import Glibc
import HostApp
import HostManifest
import HostPlugins
import PluginKit

/// `penstock plugins install`.
struct InstallPlugin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "install",
        abstract: "Install a plugin into the plugin folder of the manifest (host.plugins.folder).",
        discussion: "What it is, its digest and what it may reach are shown first; it is installed when you agree.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: "A folder, an archive (.tar.gz, .tgz, .tar, .zip) or a git URL.")
    var source: String

    @Flag(name: .long, help: "Agree without being asked; for scripts.")
    var yes = false

    func run() async throws {
        let installer = PluginInstaller(shared.pluginFolder)
        let agree = yes
        let installed: PluginFolder.Installed
        do throws(PluginFault) {
            installed = try installer.install(
                PluginSource(source),
                confirm: { proposal in
                    Output.fault(proposal.text)
                    return agree || Self.ask()
                }, progress: { Output.fault($0) })
        } catch {
            throw HostError(exitCode: 3, error.message)
        }
        let id = "\(installed.manifest.id)"
        try shared.tell(
            ["plugin": id, "folder": installed.folder],
            "\(id): installed in \(installed.folder). Name it in \(shared.config).\n")
    }

    private static func ask() -> Bool {
        guard isatty(STDIN_FILENO) == 1 else { return false }
        Output.fault("Install it? [y/N] ")
        return readLine().map { ["y", "yes"].contains($0.lowercased()) } ?? false
    }
}

/// `penstock plugins remove`.
struct RemovePlugin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove an installed plugin and its entry in the lock.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The plugin, as kind/name.")
    var plugin: String

    func run() async throws {
        let id = try PluginIdentifier.read(plugin)
        do throws(PluginFault) {
            try PluginInstaller(shared.pluginFolder).remove(id)
        } catch {
            throw HostError(exitCode: 3, error.message)
        }
        try shared.tell(["removed": "\(id)"], "\(id): removed.\n")
    }
}

/// `penstock plugins lock`.
struct LockPlugins: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock",
        abstract: "Accept the present content of installed plugins; a changed one is refused before.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The plugin, as kind/name; without it, all.")
    var plugin: String?

    func run() async throws {
        let id = try plugin.map(PluginIdentifier.read)
        var locked: [Locked] = []
        do throws(PluginFault) {
            let installer = PluginInstaller(shared.pluginFolder)
            locked = try installer.lock(id).map { Locked(plugin: "\($0.manifest.id)", folder: $0.folder) }
            if id == nil { locked += try lockPrograms(installer) }
        } catch {
            throw HostError(exitCode: 3, error.message)
        }
        try shared.tell(["locked": locked], locked.map { "\($0.text)\n" }.joined())
    }
}

extension LockPlugins {
    /// What was accepted: an installed plugin's folder, or a program that the manifest names.
    private struct Locked: Encodable {
        let plugin: String
        var folder: String?
        var program: String?

        var text: String { program.map { "\(plugin): \($0) locked." } ?? "\(plugin): locked." }
    }

    /// Accepts the programs that instances of the manifest name themselves; each is opened once to learn what it is.
    private func lockPrograms(_ installer: PluginInstaller) throws(PluginFault) -> [Locked] {
        let (settings, programs) = AvailablePlugins.programs(config: shared.config)
        var pinned: [PinnedProgram] = []
        for program in programs { pinned.append(try program.pinned(settings, AvailablePlugins.runtime)) }
        try installer.pin(pinned)
        return pinned.map { Locked(plugin: "\($0.descriptor.id)", program: "\($0.program)") }
    }
}

/// `penstock plugins verify`.
struct VerifyPlugins: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Compare installed plugins with the lock; exit 3 where one differs.")

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        let faults = PluginInstaller(shared.pluginFolder).verify().map(\.message)
        if shared.json {
            try Output.json(faults)
        } else {
            Output.write(faults.isEmpty ? "Every installed plugin is as it was accepted.\n" : "")
            for fault in faults { Output.fault(fault) }
        }
        guard faults.isEmpty else { throw ExitCode(3) }
    }
}

extension SharedOptions {
    /// The plugin folder that the manifest names; `plugins` beside it where it names none.
    fileprivate var pluginFolder: PluginFolder {
        PluginFolder(AvailablePlugins.programs(config: config).settings.folder)
    }
}

extension PluginIdentifier {
    /// Reads `kind/name` from the command line.
    fileprivate static func read(_ text: String) throws -> PluginIdentifier {
        guard let id = PluginIdentifier(text) else {
            throw HostError(exitCode: 2, "plugins: '\(text)' is no plugin; allowed kind/name, as provider/tokyo.")
        }
        return id
    }
}
