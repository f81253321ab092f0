import ArgumentParser
import Builtin
import FoundationEssentials
import HostApp
import HostConformance
import HostManifest
import HostPlugins
import HostProcess
import PluginKit
import PluginKitTesting
import Synchronization

/// `penstock plugins test`.
struct TestPlugin: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Run the conformance suite on a plugin of any tier; exit 0 from level silver on, else 1.",
        discussion: """
            What the plugin is run with stands in conformance.yaml in its folder: options, instruments, damaged sources. \
            The level is kept with the digest of the content; `penstock plugins info` shows it.
            """)

    @OptionGroup var shared: SharedOptions

    @Argument(help: "A plugin's folder, or an installed plugin as kind/name.", completion: .directory)
    var plugin: String?

    @Option(name: .long, help: ArgumentHelp("A plugin that is compiled in, as kind/name.", valueName: "plugin"))
    var builtin: String?

    @Option(name: .long, help: ArgumentHelp("Bars for indicators and models; default: real ones.", valueName: "csv"))
    var bars: String?

    @Option(name: .long, help: ArgumentHelp("A folder with another conformance.yaml.", valueName: "folder"))
    var sample: String?

    func run() async throws {
        let folders = try TrialFolders()
        defer { folders.remove() }
        let report: ConformanceReport
        do throws(PluginFault) {
            report = try await tested(folders)
        } catch {
            throw HostError(exitCode: 3, error.message)
        }
        Output.write(shared.json ? report.json + "\n" : report.text + "\n")
        guard report.level >= .silver else { throw ExitCode(1) }
    }

    private func tested(_ folders: TrialFolders) async throws(PluginFault) -> ConformanceReport {
        let faults = ReportedFaults()
        AvailablePlugins.runtime.listener.state = { _, _, state in faults.note(state) }
        let plugins = PluginFolder(AvailablePlugins.programs(config: shared.config).settings.folder)
        if let builtin {
            guard
                let type = Builtin.plugins.first(where: { $0.descriptor.id == builtin || $0.descriptor.name == builtin }
                )
            else {
                throw PluginFault(
                    .file,
                    "plugins test: no plugin \(PluginError.quoted(builtin)) is compiled in. See `penstock plugins list`."
                )
            }
            return try await report(type, in: sample ?? ".", folders, faults)
        }
        guard let plugin else {
            throw PluginFault(.file, "plugins test: no plugin is named; allowed a folder, kind/name or --builtin NAME.")
        }
        let tested = try TestedPlugin(
            folder: folder(plugin, plugins), sample: sample, work: folders.root, runtime: AvailablePlugins.runtime
        ) { Output.fault($0) }
        if tested.isKeptIn {
            Output.fault(
                "\(tested.type.descriptor.id): it is tested without the network, so that no made-up row leaves this machine. "
                    + "Lead its options to ${dry} in conformance.yaml, or write 'network: real' there.")
        }
        let report = try await report(tested.type, in: sample ?? tested.folder, folders, faults)
        try ConformanceLevels.beside(plugins).keep(report, digest: tested.digest.description)
        return report
    }

    private func folder(_ plugin: String, _ plugins: PluginFolder) -> String {
        guard !FileManager.default.fileExists(atPath: plugin), let id = PluginIdentifier(plugin) else { return plugin }
        return plugins.discover()[id]?.folder ?? plugin
    }

    private func report(
        _ type: PluginType, in folder: String, _ folders: TrialFolders, _ faults: ReportedFaults
    ) async throws(PluginFault) -> ConformanceReport {
        let dry: DryAddress
        do {
            dry = try DryAddress()
        } catch {
            throw PluginFault(.file, error.message)
        }
        var sample = try SampleFile(folder: folder, descriptor: type.descriptor, dry: dry.url).sample(bars: bars) {
            try folders.make()
        }
        sample.faults = { faults.take() }
        let conformance = Conformance(type, sample: sample)
        if let obstacle = await conformance.obstacle() {
            throw PluginFault(.unloadable, "\(type.descriptor.id): it cannot be tested here: \(obstacle)")
        }
        defer { withExtendedLifetime(dry) {} }
        return await conformance.report()
    }
}

/// What running indicators reported; they have no way to throw.
private final class ReportedFaults: Sendable {
    private let texts = Mutex<[String]>([])

    func note(_ state: ProcessState) {
        guard case .faulty(let reason, _) = state else { return }
        texts.withLock { if $0.count < 10 { $0.append(reason) } }
    }

    /// Those since the last time.
    func take() -> [String] {
        texts.withLock { texts in
            defer { texts = [] }
            return texts
        }
    }
}

/// Folders for the instances of one run.
private final class TrialFolders: Sendable {
    let root: String
    private let count = Mutex(0)

    init() throws {
        root = FileManager.default.temporaryDirectory.appending(path: "penstock-test-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    func make() throws -> String {
        let number = count.withLock { count in
            count += 1
            return count
        }
        try FileManager.default.createDirectory(atPath: "\(root)/\(number)", withIntermediateDirectories: true)
        return "\(root)/\(number)"
    }

    func remove() { try? FileManager.default.removeItem(atPath: root) }
}
