import HostCore
import PluginKit

/// Work that computes for seconds without suspending: reading history, fitting a model.
///
/// It runs on a thread of its own. On the threads that everything shares it would keep signals, requests and sinks
/// waiting; on one core a stop would not even be noticed before a fit had ended.
enum LongWork {
    /// Runs the work until it ends, the signal is thrown or the span is over; `nil` where it did not end within `grace`
    /// after that.
    ///
    /// The work is cancelled then. Work that ignores it is left behind and ends with the process.
    ///
    /// - Parameter isQuiet: whether everything else that wants the processor comes first.
    static func run<Value: Sendable>(
        until stop: StopSignal, within span: Duration? = nil, grace: Duration, isQuiet: Bool = false,
        _ work: @escaping @Sendable () async -> Value
    ) async -> Value? {
        let isDone = StopSignal()
        let quiet = isQuiet ? QuietThread() : nil
        defer { if isDone.isFired { quiet?.end() } }
        let thread: any TaskExecutor = quiet ?? OwnThread("work")
        // Unstructured on purpose: cancelled here when the signal is thrown, left behind when it ignores that.
        let task = Task(executorPreference: thread) {
            let value = await work()
            isDone.fire()
            return value
        }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await isDone.wait() }
            group.addTask { await stop.wait() }
            if let span { group.addTask { try? await Task.sleep(for: span) } }
            await group.next()
            group.cancelAll()
        }
        if !isDone.isFired {
            task.cancel()
            guard await isDone.wait(atMost: grace, clock: ContinuousClock()) else { return nil }
        }
        return await task.value
    }
}
