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
        discussion:
            "What it is, its digest and what it may reach are shown first; it is installed when you agree. A host that "
            + "runs takes it up at the next reload.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: "A folder, an archive (.tar.gz, .tgz, .tar, .zip) or a git URL.", completion: .file())
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
        commandName: "remove", abstract: "Remove an installed plugin and its entry in the lock.",
        discussion: "Refused while the manifest, or the host that runs it, has an instance of the plugin.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The plugin, as kind/name.", completion: Completions.plugins)
    var plugin: String

    @Flag(name: .long, help: "Remove it although it is in use; the next start then fails.")
    var force = false

    func run() async throws {
        let id = try PluginIdentifier.read(plugin)
        if !force { try refuseIfUsed(id) }
        do throws(PluginFault) {
            try PluginInstaller(shared.pluginFolder).remove(id)
        } catch {
            throw HostError(exitCode: 3, error.message)
        }
        try shared.tell(["removed": "\(id)"], "\(id): removed.\n")
    }
}

extension RemovePlugin {
    private func refuseIfUsed(_ id: PluginIdentifier) throws {
        let named = try namedInstances(id)
        let written = named.filter { $0.plugin == "\(id)" }
        var users = written.map { "\($0.name) (\(shared.config):\($0.line))" }
        let running = RunningHost.find(shared.stateFolder).map(HostStates.read) ?? []
        for instance in running
        where instance.plugin == "\(id)" && !written.contains(where: { $0.name == instance.name }) {
            users.append("\(instance.name) of the running host")
        }
        guard !users.isEmpty else { return }
        throw HostError(
            exitCode: 2,
            "\(id): it is in use by \(users.joined(separator: ", ")); nothing was removed. Take it out of the manifest "
                + "first, or use --force.")
    }

    /// The instances of the manifest; a manifest that cannot be read may have one of the plugin, and so may a reference.
    private func namedInstances(_ id: PluginIdentifier) throws -> [ManifestEditor.Named] {
        guard access(shared.config, F_OK) == 0 else { return [] }
        func refusal(_ why: String) -> HostError {
            HostError(
                exitCode: 2,
                "\(id): whether it is in use is not known, and nothing was removed: \(why) Correct the manifest first, or use "
                    + "--force.")
        }
        let named: [ManifestEditor.Named]
        do { named = try ManifestEditor.instances(path: shared.config) } catch { throw refusal("\(error)") }
        if let open = named.first(where: { $0.plugin?.contains("${") == true }) {
            throw refusal("'plugin' of \(open.name) (\(shared.config):\(open.line)) is a reference.")
        }
        return named
    }
}

/// `penstock plugins lock`.
struct LockPlugins: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock",
        abstract: "Accept the present content of installed plugins; a changed one is refused before.",
        discussion: "Without a plugin also the programs that instances of the manifest name themselves.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The plugin, as kind/name; without it, all.", completion: Completions.plugins)
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
