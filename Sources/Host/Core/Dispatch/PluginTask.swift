import PluginKit
import Synchronization

/// Plugin code in a task of its own, so that the end of a pipeline is bounded even where the code ignores cancellation.
final class PluginTask<Value: Sendable>: Sendable {
    private let isDone = StopSignal()
    private let task: Task<Value, Never>

    /// Starts the work.
    init(_ work: @escaping @Sendable () async -> Value) {
        let isDone = isDone
        // Unstructured on purpose: `value` cancels it when time is up and leaves it behind when it ignores that.
        task = Task {
            let value = await work()
            isDone.fire()
            return value
        }
    }

    /// Asks the work to end.
    func cancel() { task.cancel() }

    /// Returns when the work is done or the signal is thrown; tells whether the work is done.
    func wait(or signal: StopSignal) async -> Bool {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.isDone.wait() }
            group.addTask { await signal.wait() }
            await group.next()
            group.cancelAll()
        }
        return isDone.isFired
    }

    /// Returns when the work is done, the span is over (`nil` never is) or the caller is cancelled; tells whether the work
    /// is done.
    func wait(atMost span: Duration?, clock: any Clock<Duration>) async -> Bool {
        if let span { return await isDone.wait(atMost: span, clock: clock) }
        await isDone.wait()
        return isDone.isFired
    }

    /// What the work gave; waits for it.
    var value: Value { get async { await task.value } }

    /// Returns what the work gave.
    ///
    /// Once the limit's signal is thrown the work has its grace to end by itself, then is cancelled and has the grace once
    /// more; `nil` where it was left behind after that.
    func value(_ limit: TimeLimit) async -> Value? {
        if await wait(or: limit.signal) { return await task.value }
        if await !isDone.wait(atMost: limit.grace, clock: limit.clock) {
            task.cancel()
            guard await isDone.wait(atMost: limit.grace, clock: limit.clock) else { return nil }
        }
        return await task.value
    }
}

/// How long a stop waits for plugin code.
struct TimeLimit: Sendable {
    /// Thrown when time is up.
    let signal: StopSignal
    /// What the code has after that to end by itself, and again to end after being cancelled.
    let grace: Duration
    let clock: any Clock<Duration>
}
