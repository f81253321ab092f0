import Builtin
import CivilTime
import FaultyPlugins
import Glibc
import HostApp
import HostManifest
import HostTelemetry
import Logging
import PluginKit

// A host with faulty plugins compiled in: `penstock run` of the manifest in the working folder, for the tests.

@Sendable func say(_ text: String, to descriptor: Int32 = STDERR_FILENO) {
    let bytes = Array("\(text)\n".utf8)
    _ = write(descriptor, bytes, bytes.count)
}

let loaded = ManifestLoader(plugins: Builtin.plugins + FaultyPlugins.all, awaiting: .needed).load(
    path: "plugins.yaml", environment: [:])
guard let manifest = loaded.manifest else {
    say(loaded.report)
    exit(2)
}
LoggingSystem.bootstrap { LogOutput(label: $0, destination: LogDestination(format: .text, level: .info)) }
do {
    let host = try Host(
        manifest: manifest, options: HostOptions(), plugins: loaded.plugins.map(\.descriptor),
        logger: Logger(label: "penstock"), startedAt: WallClock.now(),
        report: { event in
            switch event {
            case .listening(let address, _): say("gateway: listening on http://\(address)", to: STDOUT_FILENO)
            case .warning(let message): say("warning: \(message)")
            default: break
            }
        })
    try await host.run()
    // Without waiting for calls that never return.
    _exit(0)
} catch let error as HostError {
    say("\(error)")
    exit(error.exitCode)
}
