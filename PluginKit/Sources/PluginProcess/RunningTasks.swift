import Synchronization

/// The requests that are under way, by their number; cancelled by the host, or all when the program ends.
final class RunningTasks: Sendable {
    private struct State {
        var tasks: [UInt64: Task<Void, Never>] = [:]
        var finished: Set<UInt64> = []
        var closers: [UInt64: @Sendable () -> Void] = [:]
    }

    private let state = Mutex(State())

    /// Runs work under a number.
    func start(_ id: UInt64, _ work: @escaping @Sendable () async -> Void) {
        // Cancelled by `cancel` and `cancelAll`.
        let task = Task {
            await work()
            self.finish(id)
        }
        state.withLock { state in
            if state.finished.remove(id) == nil { state.tasks[id] = task }
        }
    }

    /// Also calls a closure when the work of that number is cancelled.
    func onCancel(_ id: UInt64, _ close: @escaping @Sendable () -> Void) {
        state.withLock { $0.closers[id] = close }
    }

    /// Cancels the work of a number; nothing where it has ended.
    func cancel(_ id: UInt64) {
        let (task, close) = state.withLock { ($0.tasks[id], $0.closers[id]) }
        task?.cancel()
        close?()
    }

    /// Cancels everything.
    func cancelAll() { for id in state.withLock({ Array($0.tasks.keys) }) { cancel(id) } }

    private func finish(_ id: UInt64) {
        state.withLock { state in
            state.closers[id] = nil
            if state.tasks.removeValue(forKey: id) == nil { state.finished.insert(id) }
        }
    }
}
