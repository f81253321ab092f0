import Dispatch
import Glibc
import Synchronization

/// A thread that computes while nobody else wants the processor: what is fitted beside a stream runs on it.
///
/// Its niceness is its own, and that of the threads that a library starts from it; those that serve keep theirs.
final class QuietThread: TaskExecutor {
    /// Of two that want a processor, the one that serves gets nine tenths of it.
    static let niceness: Int32 = 10

    private struct State {
        var jobs: [UnownedJob] = []
        var hasThread = true
    }

    private let state = Mutex(State())
    private let wake = DispatchSemaphore(value: 0)

    /// Starts the thread; where the system gives none, jobs run where all others do.
    init() {
        var thread = pthread_t()
        let kept = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread, nil,
            { given in
                guard let given else { return nil }
                let quiet = Unmanaged<QuietThread>.fromOpaque(given).takeRetainedValue()
                pthread_detach(pthread_self())
                // On Linux this is of the calling thread alone.
                setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, QuietThread.niceness)
                quiet.work()
                return nil
            }, kept.toOpaque())
        guard code != 0 else { return }
        kept.release()
        end()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isTaken = state.withLock { state in
            if state.hasThread { state.jobs.append(job) }
            return state.hasThread
        }
        if isTaken {
            _ = wake.signal()
            return
        }
        DispatchQueue.global().async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }

    /// Lets the thread end when its jobs are done.
    func end() {
        state.withLock { $0.hasThread = false }
        wake.signal()
    }

    private func work() {
        while true {
            let next = state.withLock { state -> UnownedJob? in state.jobs.isEmpty ? nil : state.jobs.removeFirst() }
            if let next {
                next.runSynchronously(on: asUnownedTaskExecutor())
            } else if state.withLock({ $0.hasThread || !$0.jobs.isEmpty }) {
                wake.wait()
            } else {
                return
            }
        }
    }
}
