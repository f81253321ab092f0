import HostCore
import HostManifest
import HostSecurity
import HostStorage
import PluginKit
import ServiceLifecycle

/// Removes what `host.retain` no longer keeps: a sweep an hour, in small steps with pauses between; and says what it removed.
struct RetentionService: Service {
    private static let pause = Duration.milliseconds(100)
    private static let interval = Duration.seconds(3_600)

    let host: Host

    /// Runs until it is its turn to stop: a service that ends before that counts as failed.
    func run() async throws {
        repeat {
            await sweep(steps: 10_000)
        } while await !host.isStopping.wait(atMost: Self.interval, clock: ContinuousClock()) && !Task.isCancelled
        try? await gracefulShutdown()
    }

    /// Removes until nothing is left to remove, or so many steps were taken; what was removed is told, and is a line of the log of
    /// changes.
    func sweep(steps: Int) async {
        let before = host.retention.removed.byKind
        await remove(steps: steps)
        let removed = host.retention.removed.byKind.map { ($0.key, $0.value - before[$0.key, default: 0]) }
        let gone = removed.filter { $0.1 > 0 }.sorted { $0.0 < $1.0 }.map { "\($0.1) \($0.0)" }
        guard !gone.isEmpty else { return }
        let text = gone.joined(separator: ", ")
        host.report(.notice("retention: removed \(text), which 'host.retain' keeps no longer."))
        await host.audit.write(
            AuditEntry.Actor(name: "host", role: "-", proof: "host", from: "local"),
            AuditEntry.Event("retention.remove", "state", new: text))
    }

    private func remove(steps: Int) async {
        let rules = RetentionRules(
            quarantineAge: Self.nanoseconds(host.manifest.host.quarantineAge),
            versionAge: host.manifest.host.versionAge.map(Self.nanoseconds),
            eventAges: host.manifest.host.eventAges.mapValues(Self.nanoseconds),
            predictionAge: host.manifest.host.predictionAge.map(Self.nanoseconds),
            learnedAge: host.manifest.host.learnedAge.map(Self.nanoseconds))
        for _ in 0..<steps {
            do throws(PluginError) {
                guard try await host.retention.step(rules) else { return }
            } catch {
                // The store tells of its faults itself; the next sweep goes on.
                return
            }
            if await host.isStopping.wait(atMost: Self.pause, clock: ContinuousClock()) { return }
        }
    }

    private static func nanoseconds(_ span: Duration) -> Int64 {
        let (nanoseconds, overflows) = span.components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflows ? .max : nanoseconds
    }
}
