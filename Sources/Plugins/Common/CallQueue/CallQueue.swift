import Dispatch
public import PluginKit
import Synchronization

/// A thread of its own for calls that wait for something outside, one after the other.
///
/// Those must not run on the threads that all tasks share: there is one a processor, and no other takes its place.
public final class CallQueue: Sendable {
    private let queue: DispatchQueue
    private let running = Mutex<CallLimit?>(nil)

    /// Creates one; the name is for those who look at the process.
    public init(_ name: String) { queue = DispatchQueue(label: "penstock.\(name)") }

    /// Runs a call on the thread and returns what it returns. The call asks its limit, which knows when the caller was
    /// cancelled, between any two steps that wait.
    public func run<Value: Sendable>(
        within time: Duration, _ body: @escaping @Sendable (CallLimit) throws(PluginError) -> Value
    ) async throws(PluginError) -> Value {
        let limit = CallLimit(time)
        let result = await withTaskCancellationHandler {
            await withCheckedContinuation { (waiting: CheckedContinuation<Result<Value, PluginError>, Never>) in
                queue.async {
                    self.running.withLock { $0 = limit }
                    defer { self.running.withLock { $0 = nil } }
                    waiting.resume(returning: Result { () throws(PluginError) in try body(limit) })
                }
            }
        } onCancel: {
            limit.cancel()
        }
        return try result.get()
    }

    /// Ends the call that runs, if any, at its next step.
    public func cancel() { running.withLock { $0 }?.cancel() }
}

/// How long a call may still wait.
public final class CallLimit: Sendable {
    private let time: Duration
    private let end: ContinuousClock.Instant
    private let isCancelled = Atomic<Bool>(false)

    /// Begins now.
    public init(_ time: Duration) {
        self.time = time
        end = .now + time
    }

    /// Ends the call at its next step.
    public func cancel() { isCancelled.store(true, ordering: .relaxed) }

    /// Throws where the time is over, `.transient`, or the caller was cancelled, `.cancelled`; `who` begins the message.
    public func check(_ who: String, _ remedy: String) throws(PluginError) {
        if isCancelled.load(ordering: .relaxed) { throw PluginError(.cancelled, "\(who): cancelled.") }
        guard ContinuousClock.now >= end else { return }
        throw PluginError(.transient, "\(who): no answer within \(time). \(remedy)")
    }
}
