import CivilTime
import HostCore
import HostManifest
import ServiceLifecycle

/// Tells when the machine's clock was set while the host runs.
///
/// Records, predictions and promotions go by event times and are not touched; ages, budgets of a day, expiries and what
/// `host.retain` removes go by that clock.
struct ClockService: Service {
    private static let interval = Duration.seconds(1)

    let host: Host

    /// Runs until it is its turn to stop: a service that ends before that counts as failed.
    func run() async throws {
        var watch = ClockWatch(wall: WallClock.now(), steady: .now)
        while await !host.isStopping.wait(atMost: Self.interval, clock: ContinuousClock()) && !Task.isCancelled {
            if let jump = watch.look(wall: WallClock.now(), steady: .now) {
                host.report(.warning(ClockWatch.text(jump)))
            }
        }
        try? await gracefulShutdown()
    }
}

/// Compares the machine's clock with one that only goes on.
struct ClockWatch {
    /// What a clock that is kept by a time server does not take in one step.
    static let least = Duration.seconds(10)

    private var wall: Int64
    private var steady: ContinuousClock.Instant

    /// - Parameter wall: nanoseconds since the Unix epoch, UTC.
    init(wall: Int64, steady: ContinuousClock.Instant) {
        (self.wall, self.steady) = (wall, steady)
    }

    /// Returns by how much the clock was set since the last look: forward, or back where it is negative.
    mutating func look(wall: Int64, steady: ContinuousClock.Instant) -> Duration? {
        let jump = Duration.nanoseconds(wall - self.wall) - (steady - self.steady)
        (self.wall, self.steady) = (wall, steady)
        return Self.size(jump) >= Self.least ? jump : nil
    }

    static func text(_ jump: Duration) -> String {
        let span = DurationText.text(.seconds((size(jump) / .seconds(1)).rounded()))
        return
            "host: the machine's clock was set \(jump < .zero ? "back" : "forward") by \(span). Data, predictions and "
            + "promotions go on by event time; ages, budgets of a day, expiries and what 'host.retain' removes go by the "
            + "new time. Correct the clock where it is wrong."
    }

    private static func size(_ jump: Duration) -> Duration { jump < .zero ? .zero - jump : jump }
}
