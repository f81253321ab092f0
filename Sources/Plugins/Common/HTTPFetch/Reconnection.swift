public import PluginKit

/// When a stream that broke off is connected again; a value that is told the time.
///
/// Waits 0.25 s, doubled up to 8 s, each half of it by chance, so that many clients do not come back at once. A connection
/// that stood for ten seconds counts as good.
public struct Reconnection: Sendable {
    private static let steady = Duration.seconds(10)
    private static let longest = Duration.seconds(8)

    private let span: Duration
    private var opened: ContinuousClock.Instant?
    private var broken: ContinuousClock.Instant?
    private var tries = 0

    /// Begins before the first connection.
    ///
    /// - Parameter span: how long it is tried after a break; zero for not at all.
    public init(_ span: Duration) { self.span = span }

    /// Returns the wait before a stream that ended with a fault is connected again; `nil` where no wait of seconds heals the fault, or it
    /// was tried for long enough.
    public mutating func wait(after fault: PluginError) -> Duration? {
        guard fault.isTransient || fault.code == .malformed, fault.code != .rateLimited else { return nil }
        return fails()
    }

    /// Notes that a connection stands.
    public mutating func opens(now: ContinuousClock.Instant = .now) { opened = now }

    /// Notes that a connection, or the try for one, ended; returns the wait before the next, `nil` where it is given up.
    ///
    /// - Parameter chance: 0 to 1.
    public mutating func fails(
        now: ContinuousClock.Instant = .now, chance: Double = .random(in: 0...1)
    ) -> Duration? {
        // A first connection that does not come about is a fault at once.
        guard opened != nil || broken != nil, span > .zero else { return nil }
        if let opened, opened.duration(to: now) >= Self.steady { (broken, tries) = (nil, 0) }
        opened = nil
        let since = broken ?? now
        broken = since
        guard since.duration(to: now) < span else { return nil }
        let wait = min(Self.longest, .milliseconds(250) * (1 << min(tries, 5)))
        tries += 1
        return wait * (0.5 + chance / 2)
    }
}
