import ArgumentParser
import HostApp
import HostManifest
import HostTelemetry
import Logging
import PluginKit

/// Options every verb takes.
struct SharedOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("The manifest.", valueName: "file"), completion: .file())
    var config = "plugins.yaml"

    @Flag(name: .long, help: "Print JSON instead of text.")
    var json = false

    @Option(
        name: .long,
        help: ArgumentHelp(
            "Form of the log on standard error; under json a run's events are JSON too.", valueName: "format"))
    var logFormat = LogDestination.Format.text

    @Option(
        name: .long,
        help: ArgumentHelp("Least severe level logged; default: host.log_level.", valueName: "level")
    )
    var logLevel: LogLevel?

    /// Reads and checks the manifest; prints every fault and exits with 2 where there is one.
    ///
    /// - Parameters:
    ///   - path: a file to read as if it stood in the manifest's place.
    ///   - awaited: which programs of plugins are waited for.
    func manifest(
        _ plugins: AvailablePlugins? = nil, from path: String? = nil, runsCode: Bool = true,
        awaiting awaited: AwaitedPrograms = .all
    ) throws -> Manifest {
        let result = load(plugins, from: path, runsCode: runsCode, awaiting: awaited)
        guard let manifest = result.manifest else {
            if json {
                try Output.json(FaultReport(result))
            } else {
                Output.fault(result.report)
                let count = result.faults.count
                let remedy = path == nil ? "" : " Correct \(config), then start without --resume."
                Output.fault(
                    "\(path ?? config): \(count) fault\(count == 1 ? "" : "s"); nothing was started.\(remedy)")
            }
            throw ExitCode(2)
        }
        return manifest
    }

    /// Writes a result: a value with `--json`, else a text.
    func tell(_ value: some Encodable, _ text: String) throws {
        if json { try Output.json(value) } else { Output.write(text) }
    }

    /// The plugins that can be named; says which installed ones are left out, and why. Runs nothing of a plugin.
    func availablePlugins() -> AvailablePlugins {
        let plugins = AvailablePlugins(config: config)
        for fault in plugins.faults { Output.warning(fault) }
        return plugins
    }

    /// Reads the manifest, whatever is in it; from another file where one is given, as if it stood in its place.
    ///
    /// - Parameter runsCode: whether installed plugins are opened to check the options of their enabled instances.
    func load(
        _ plugins: AvailablePlugins? = nil, from path: String? = nil, runsCode: Bool = true,
        awaiting awaited: AwaitedPrograms = .all
    ) -> ManifestResult {
        if plugins == nil { _ = availablePlugins() }
        let loader = AvailablePlugins.loader(runsCode: runsCode, awaiting: awaited)
        return loader.load(path: path ?? config, asIf: config, environment: ProcessEnvironment.all)
    }

    /// Where a running host reads its manifest again; `resumed` is the file it was started from instead.
    func source(resumed: String? = nil) -> ManifestSource {
        let config = config
        let first = (try? ManifestLoader.bytes(of: resumed ?? config)) ?? []
        return ManifestSource(file: config, first: first) { text in
            let loader = AvailablePlugins.loader(runsCode: true, awaiting: .needed)
            let bytes = text ?? (try? ManifestLoader.bytes(of: config))
            let result =
                bytes.map { loader.load($0, asIf: config, environment: ProcessEnvironment.all) }
                ?? loader.load(path: config, environment: ProcessEnvironment.all)
            return LoadedManifest(text: bytes ?? [], result: result, plugins: result.plugins.map(\.descriptor))
        }
    }

    /// Makes the host's log.
    func makeLogger(_ manifest: Manifest) -> Logger {
        let level = Logger.Level(rawValue: (logLevel ?? manifest.host.logLevel).rawValue) ?? .info
        let destination = LogDestination(format: logFormat, level: level, before: Output.makeWay)
        LoggingSystem.bootstrap { LogOutput(label: $0, destination: destination) }
        return Logger(label: "penstock")
    }
}

extension LogDestination.Format: ExpressibleByArgument {}
extension LogLevel: ExpressibleByArgument {}

/// The faults and warnings of a manifest as JSON.
struct FaultReport: Encodable {
    let faults: [ManifestFault]
    let warnings: [ManifestFault]

    init(_ result: ManifestResult) {
        faults = result.faults
        warnings = result.warnings
    }
}
