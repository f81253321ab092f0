import HostCore
import Synchronization

/// A clock whose sleeps take no time: retries follow each other at once.
struct ImmediateClock: Clock {
    struct Instant: InstantProtocol {
        var offset: Duration = .zero

        func advanced(by span: Duration) -> Instant { Instant(offset: offset + span) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    var now: Instant { Instant() }
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try Task.checkCancellation()
        await Task.yield()
    }
}

/// A clock that stands still until a test moves it.
final class ManualClock: Clock {
    typealias Instant = ImmediateClock.Instant

    private struct State {
        var now = Instant()
        var sleepers: [(deadline: Instant, wake: StopSignal)] = []
        var watchers: [(count: Int, signal: StopSignal)] = []
        var spans: [Duration] = []
    }

    private let state = Mutex(State())

    var now: Instant { state.withLock { $0.now } }
    var minimumResolution: Duration { .nanoseconds(1) }
    /// Every span that somebody slept for.
    var spans: [Duration] { state.withLock { $0.spans } }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let wake = StopSignal()
        let ready = state.withLock { state in
            state.spans.append(state.now.duration(to: deadline))
            state.sleepers.append((deadline, wake))
            let ready = state.watchers.filter { $0.count <= state.sleepers.count }
            state.watchers.removeAll { $0.count <= state.sleepers.count }
            return ready
        }
        for watcher in ready { watcher.signal.fire() }
        await wake.wait()
        state.withLock { $0.sleepers.removeAll { $0.wake === wake } }
        try Task.checkCancellation()
    }

    /// Returns when so many sleep.
    func waitForSleepers(_ count: Int = 1) async {
        let signal = StopSignal()
        let isThere = state.withLock { state in
            if state.sleepers.count < count { state.watchers.append((count, signal)) }
            return state.sleepers.count >= count
        }
        if !isThere { await signal.wait() }
    }

    /// Moves the clock and wakes who slept until then.
    func advance(by span: Duration) {
        let woken = state.withLock { state in
            state.now = state.now.advanced(by: span)
            let woken = state.sleepers.filter { $0.deadline <= state.now }
            state.sleepers.removeAll { $0.deadline <= state.now }
            return woken
        }
        for sleeper in woken { sleeper.wake.fire() }
    }
}

/// A door that calls wait at until it is opened, cancelled or not: code that ignores cancellation.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())
    /// Thrown when the first call has come to the door.
    let isReached = StopSignal()

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            isReached.fire()
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            let waiting = state.waiting
            state.waiting = []
            return waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}
