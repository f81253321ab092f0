import Glibc
import HostApp
import HostManifest
import PluginKit

/// One run of the host from the command line: manifest, log, progress, table.
struct HostSession {
    let shared: SharedOptions
    let options: HostOptions
    /// Whether it starts with the last manifest that ran instead of the file.
    var isResumed = false

    func run() async throws {
        let startedAt = WallClock.now()
        let plugins = shared.availablePlugins()
        let resumed = try isResumed ? lastGood() : nil
        let manifest = try shared.manifest(plugins, from: resumed)
        let logger = shared.makeLogger(manifest)
        let reporter: any RunReporter =
            shared.json
            ? JSONReporter() : TextReporter(isTerminal: Output.isTerminal, pipelines: manifest.pipelines.count)
        let host = try Host(
            manifest: manifest, options: options, plugins: plugins.all.map(\.descriptor),
            source: shared.source(resumed: resumed), logger: logger, startedAt: startedAt, report: { reporter.take($0) }
        )
        PluginReports(host: host, logger: logger).attach()
        reporter.watch(host)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await reporter.refresh() }
            defer { group.cancelAll() }
            try await host.run()
        }
        // Without destructors of libraries: a thread that was left behind may still be inside one.
        if host.hasLeftWork { _exit(0) }
    }

    private func lastGood() throws -> String {
        let path = LastGoodManifest.path(in: shared.stateFolder)
        guard (try? ManifestLoader.bytes(of: path)) != nil else {
            throw HostError(exitCode: 3, "run: there is no '\(path)' to resume from. Start once without --resume.")
        }
        Output.fault("Resuming with the last manifest that ran, '\(path)', whatever \(shared.config) says now.")
        return path
    }
}
