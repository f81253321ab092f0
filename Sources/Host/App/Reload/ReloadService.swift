import FoundationEssentials
import Glibc
import HostCore
import HostGateway
import HostManifest
import PluginKit
import ServiceLifecycle
import Synchronization
import UnixSignals

/// Reloads on SIGHUP (and stops when its terminal was closed), and with `--watch` when the manifest's file changes; one service of the host.
struct ReloadService: Service {
    let reloader: Reloader
    let file: String
    let isWatching: Bool

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup(of: Void.self) { group in
                group.addTask { await takeSignals() }
                if isWatching { group.addTask { await watch() } }
                await group.waitForAll()
            }
        }
    }

    /// A terminal that closes sends the same signal: then the host stops, or nobody would know that it runs on.
    private func takeSignals() async {
        let hadTerminal = Self.hasTerminal
        for await _ in await UnixSignalsSequence(trapping: .sighup) {
            if hadTerminal, !Self.hasTerminal {
                kill(getpid(), SIGTERM)
            } else {
                _ = await reloader.reload()
            }
        }
    }

    /// Whether standard input or output is a terminal that is still there.
    private static var hasTerminal: Bool { isatty(STDIN_FILENO) == 1 || isatty(STDOUT_FILENO) == 1 }

    /// Looks at the file twice a second; a change is taken once the file has been the same for one look.
    private func watch() async {
        var taken = FileStamp(file)
        var seen = taken
        while (try? await Task.sleep(for: .milliseconds(500))) != nil {
            let now = FileStamp(file)
            defer { seen = now }
            guard now != taken, now == seen, now.exists else { continue }
            taken = now
            _ = await reloader.reload()
        }
    }
}

extension Reloader {
    /// What the gateway needs to read and replace the manifest.
    var control: ConfigurationControl {
        ConfigurationControl(
            describe: { self.description },
            plan: {
                let plan = await self.plan()
                return ConfigurationControl.Answer(status: plan.faults.isEmpty ? 200 : 422, body: plan.json)
            },
            reload: { text in
                let report = await self.reload(text)
                return ConfigurationControl.Answer(status: Self.status(report.outcome), body: report.json)
            },
            enable: { instance, isEnabled in
                await self.enable(instance, isEnabled).map { report in
                    ConfigurationControl.Answer(status: Self.status(report.outcome), body: report.json)
                }
            })
    }

    private static func status(_ outcome: ReloadReport.Outcome) -> Int {
        switch outcome {
        case .applied, .unchanged: 200
        case .busy: 409
        case .refused: 422
        case .failed: 503
        }
    }
}

extension ReloadReport {
    /// The report as JSON.
    package var json: [UInt8] { SortedJSON.bytes(self) }

    /// Reads a report back.
    package static func read(_ json: [UInt8]) -> ReloadReport? {
        try? JSONDecoder().decode(ReloadReport.self, from: Data(json))
    }
}
