import HostCore
import HostManifest
import HostStorage
import PluginKit
import ServiceLifecycle

/// Removes what `host.retain` no longer keeps: a sweep an hour, in small steps with pauses between.
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

    /// Removes until nothing is left to remove, or so many steps were taken.
    func sweep(steps: Int) async {
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
