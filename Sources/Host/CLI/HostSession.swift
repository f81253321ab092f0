import CivilTime
import Glibc
import HostApp
import HostManifest
import HostTelemetry
import PluginKit
import Synchronization

/// One run of the host from the command line: manifest, log, progress, table.
struct HostSession {
    let shared: SharedOptions
    let options: HostOptions
    /// Whether it starts with the last manifest that ran instead of the file.
    var isResumed = false
    /// Whether a warning on the way is a fault at the end.
    var isStrict = false

    /// Runs to the end; returns the host that did.
    @discardableResult
    func run() async throws -> Host {
        let startedAt = WallClock.now()
        try OpenFiles.require()
        // Until the services listen for signals nothing runs that would have to be ended in order.
        for number in [SIGTERM, SIGINT] { signal(number) { _ in _exit(0) } }
        // A reload that is asked for while the manifest is read for the first time has been done by then.
        let hasTerminal = isatty(STDIN_FILENO) == 1 || isatty(STDOUT_FILENO) == 1
        if !options.isOnce, !hasTerminal { signal(SIGHUP, SIG_IGN) }
        let plugins = shared.availablePlugins()
        let resumed = try isResumed ? lastGood() : nil
        // A service answers while programs are waited for; what ends with its data has nobody to answer.
        let awaited: AwaitedPrograms = options.hasGateway && !options.isOnce ? .none : .needed
        let manifest = try shared.manifest(plugins, from: resumed, awaiting: awaited)
        let logger = shared.makeLogger(manifest)
        // What reads a log in JSON reads both outputs: nothing between is plain text.
        let isLogJSON = shared.logFormat == .json
        let reporter: any RunReporter =
            shared.json || isLogJSON
            ? JSONReporter() : TextReporter(isTerminal: Output.isTerminal)
        let warnings = Warnings()
        let host = try Host(
            manifest: manifest, options: options, plugins: plugins.all.map(\.descriptor),
            source: shared.source(resumed: resumed), logger: logger, startedAt: startedAt,
            report: { event in
                switch event {
                case .warning(let message):
                    warnings.note(message)
                    // A warning belongs to the log, unless events were asked for.
                    if isLogJSON, !shared.json { return Output.warning(message) }
                case .logged(let message): warnings.note(message)
                default: break
                }
                reporter.take(event)
            })
        PluginReports(host: host, logger: logger).attach()
        reporter.watch(host)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await reporter.refresh() }
            defer {
                group.cancelAll()
                reporter.end()
            }
            try await host.run()
        }
        if isStrict { try warnings.check() }
        // Without destructors of libraries: a thread that was left behind may still be inside one.
        if host.hasLeftWork { _exit(0) }
        return host
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

/// The warnings of a run, for `--strict`.
private final class Warnings: Sendable {
    private let told = Mutex<(count: Int, first: String)>((0, ""))

    func note(_ message: String) {
        told.withLock { told in
            if told.count == 0 { told.first = message }
            told.count += 1
        }
    }

    /// Throws where there was one.
    func check() throws {
        let (count, first) = told.withLock { $0 }
        guard count > 0 else { return }
        throw HostError(
            exitCode: 1,
            "run: \(count == 1 ? "a warning was told" : "\(count) warnings were told"), and '--strict' allows none; the first: "
                + first)
    }
}
