import Synchronization

/// A switch that is thrown once; tasks can wait for it.
package final class StopSignal: Sendable {
    private struct State {
        var isFired = false
        var nextID: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        var cancelledEarly: Set<UInt64> = []
    }

    private let state = Mutex(State())

    /// Creates a signal that was not thrown.
    package init() {}

    /// Whether it was thrown.
    package var isFired: Bool { state.withLock { $0.isFired } }

    /// Throws it; the second time changes nothing.
    package func fire() {
        let waiters = state.withLock { state in
            state.isFired = true
            let all = Array(state.waiters.values)
            state.waiters = [:]
            return all
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when it is thrown or the waiting task is cancelled.
    package func wait() async {
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                let isDone = state.withLock { state in
                    if state.isFired || state.cancelledEarly.remove(id) != nil { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if isDone { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                let waiter = state.waiters.removeValue(forKey: id)
                if waiter == nil, !state.isFired { state.cancelledEarly.insert(id) }
                return waiter
            }
            waiter?.resume()
        }
    }

    /// Sleeps for a span or until the signal is thrown; returns whether it was.
    package func wait(atMost span: Duration, clock: any Clock<Duration>) async -> Bool {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            group.addTask { try? await clock.sleep(for: span) }
            await group.next()
            group.cancelAll()
        }
        return isFired
    }
}
