import ArgumentParser
import HostApp
import HostManifest
import HostTelemetry
import Logging

/// Options every verb takes.
struct SharedOptions: ParsableArguments {
    @Option(name: .long, help: ArgumentHelp("The manifest.", valueName: "file"))
    var config = "plugins.yaml"

    @Flag(name: .long, help: "Print JSON instead of text.")
    var json = false

    @Option(name: .long, help: ArgumentHelp("Form of the log on standard error: text or json.", valueName: "format"))
    var logFormat = LogDestination.Format.text

    @Option(
        name: .long,
        help: ArgumentHelp("Least severe level logged: trace, debug, info, notice, warning, error.", valueName: "level")
    )
    var logLevel: LogLevel?

    /// Reads and checks the manifest; prints every fault and exits with 2 where there is one.
    func manifest(_ plugins: AvailablePlugins? = nil, runsCode: Bool = true) throws -> Manifest {
        let result = load(plugins, runsCode: runsCode)
        guard let manifest = result.manifest else {
            if json {
                try Output.json(FaultReport(result))
            } else {
                Output.fault(result.report)
                let count = result.faults.count
                Output.fault("\(config): \(count) fault\(count == 1 ? "" : "s"); nothing was started.")
            }
            throw ExitCode(2)
        }
        return manifest
    }

    /// The plugins that can be named; says which installed ones are left out, and why. Runs nothing of a plugin.
    func availablePlugins() -> AvailablePlugins {
        let plugins = AvailablePlugins(config: config)
        for fault in plugins.faults { Output.fault("warning: \(fault)") }
        return plugins
    }

    /// Reads the manifest, whatever is in it.
    ///
    /// - Parameter runsCode: whether installed plugins are opened to check the options of their enabled instances.
    func load(_ plugins: AvailablePlugins? = nil, runsCode: Bool = true) -> ManifestResult {
        if plugins == nil { _ = availablePlugins() }
        return AvailablePlugins.loader(runsCode: runsCode).load(path: config, environment: ProcessEnvironment.all)
    }

    /// Makes the host's log.
    func makeLogger(_ manifest: Manifest) -> Logger {
        let level = Logger.Level(rawValue: (logLevel ?? manifest.host.logLevel).rawValue) ?? .info
        let destination = LogDestination(format: logFormat, level: level)
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
