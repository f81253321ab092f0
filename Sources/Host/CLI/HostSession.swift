import Glibc
import HostApp
import HostManifest
import PluginKit

/// One run of the host from the command line: manifest, log, progress, table.
struct HostSession {
    let shared: SharedOptions
    let options: HostOptions

    func run() async throws {
        let startedAt = WallClock.now()
        let plugins = shared.availablePlugins()
        let manifest = try shared.manifest(plugins)
        let logger = shared.makeLogger(manifest)
        let reporter: any RunReporter =
            shared.json
            ? JSONReporter() : TextReporter(isTerminal: Output.isTerminal, pipelines: manifest.pipelines.count)
        let host = try Host(
            manifest: manifest, options: options, plugins: plugins.all.map(\.descriptor), logger: logger,
            startedAt: startedAt, report: { reporter.take($0) })
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
}
