import Dispatch

/// A thread of its own for calls that wait for something outside.
///
/// Those must not run on the threads that all tasks share: there is one a processor, and no other takes its place.
package final class OwnThread: TaskExecutor {
    private let queue: DispatchQueue

    /// Creates one; the name is for those who look at the process.
    package init(_ name: String) { queue = DispatchQueue(label: "penstock.\(name)") }

    package func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
