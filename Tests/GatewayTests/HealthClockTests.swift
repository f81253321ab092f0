import HostCore
import HostGateway
import Synchronization
import Testing

/// The time in which the host was of no use.
struct HealthClockTests {
    /// A clock that the test moves.
    private final class Time: Sendable {
        private let seconds = Mutex(0)
        var now: Int64 { Int64(seconds.withLock { $0 }) * 1_000_000_000 }
        func pass(_ count: Int) { seconds.withLock { $0 += count } }
    }

    @Test func countsWhileNoProviderWorks() {
        let time = Time()
        let board = InstanceBoard(now: { time.now })
        board.register(.provider, "a", state: .ok)
        board.register(.sink, "keep", state: .ok)
        let clock = HealthClock(board) { time.now }
        time.pass(10)
        board.set(.sink, "keep", .failed, "sink/keep: broke.")
        time.pass(10)
        #expect(clock.isAvailable && clock.unavailableSeconds == 0)
        board.set(.provider, "a", .failed, "provider/a: broke.")
        time.pass(7)
        #expect(!clock.isAvailable && clock.unavailableSeconds == 7)
        time.pass(3)
        board.set(.provider, "a", .ok)
        time.pass(100)
        #expect(clock.isAvailable && clock.unavailableSeconds == 10)
        board.set(.provider, "a", .draining)
        time.pass(5)
        #expect(clock.unavailableSeconds == 15)
    }
}
