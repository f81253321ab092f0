import ArgumentParser
import HostApp
import HostManifest

/// `penstock config`: the manifest itself.
struct ConfigCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "Check, compare and explain the manifest.",
        subcommands: [CheckConfig.self, DiffConfig.self, ExplainConfig.self, PrintSchema.self])
}

/// `penstock config check`.
struct CheckConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Report every fault of the manifest at once; exit 2 where there is one.")

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        let result = shared.load()
        if shared.json {
            try Output.json(FaultReport(result))
        } else if !result.report.isEmpty {
            Output.fault(result.report)
        }
        guard let manifest = result.manifest else { throw ExitCode(2) }
        if !shared.json { Output.write("\(shared.config): ok (\(summary(manifest)))\n") }
    }

    private func summary(_ manifest: Manifest) -> String {
        let enabled = manifest.instances.count { $0.isEnabled }
        return "\(manifest.pipelines.count) pipeline(s), \(enabled) of \(manifest.instances.count) instances enabled"
    }
}

/// `penstock config explain`.
struct ExplainConfig: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Say a value, where it comes from, what is allowed, what it means.")

    @OptionGroup var shared: SharedOptions

    @Argument(
        help: "The value: host.listen, indicators.rsi14.period, sinks.keep.queue.full.", completion: Completions.paths)
    var path: String

    func run() async throws {
        let explanation: Explanation
        do {
            explanation = try ConfigurationExplainer(try shared.manifest(runsCode: false)).explain(path)
        } catch let error as ConfigurationExplainer.UnknownPath {
            throw HostError(exitCode: 2, "config explain: \(error.description)")
        }
        if shared.json { return try Output.json(explanation) }
        Output.write(explanation.rendered + "\n")
    }
}

/// `penstock config schema`.
struct PrintSchema: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of the manifest, for editors.",
        discussion: "An editor with yaml-language-server takes it from the first line of the manifest: "
            + "# yaml-language-server: $schema=FILE")

    @OptionGroup var shared: SharedOptions

    func run() async throws {
        Output.write(JSONSchemaWriter(plugins: shared.availablePlugins().all).text())
    }
}
