import PluginKit

/// What a sink runner needs from the pipeline around it.
struct SinkEnvironment: Sendable {
    /// How far a sink is durable, by stream and instrument.
    typealias Marks = [RecordStream: EventMarks]

    /// Tries of a call that was refused or answered with garbage, before its rows are given up: what answers may itself be
    /// in trouble.
    static let budget = 3

    /// Rows after which it flushes though more are waiting.
    let flushRows: Int
    /// Tries before rows are given up; `nil` for as long as the pipeline runs.
    let patience: Int?
    /// Thrown when the grace time of a stop is over.
    let isOutOfTime: StopSignal
    let clock: any Clock<Duration>
    let report: @Sendable (_ sink: String, InstanceState, _ message: String) -> Void
    /// Whether a sink failed for good: only a fresh one in its place can help.
    let isRetired: @Sendable (_ sink: String) -> Bool
    let advance: @Sendable (SinkPlan, Marks) async throws(PluginError) -> Void
    let acknowledge: @Sendable (_ sink: Int, _ partition: Int, _ sequence: UInt64) async -> Void

    /// Whether there is a try left.
    func isPatient(_ tries: Int) -> Bool { patience.map { tries < $0 } ?? true }

    /// Whether the same call makes sense again.
    func canRetry(_ error: PluginError, after tries: Int) -> Bool {
        let isDoubtful = [.auth, .permission, .banned, .malformed, .corrupted].contains(error.code)
        let mayPass = error.isTransient || error.code == .environment || (isDoubtful && tries < Self.budget)
        return mayPass && isPatient(tries) && !isOutOfTime.isFired
    }

    /// Waits before another try: 100 ms, doubling to 5 s, less where time is up or the turn is over.
    func pause(after tries: Int, or isOver: StopSignal) async {
        let milliseconds = min(5_000, 100 << min(max(tries, 1) - 1, 6))
        let (isOutOfTime, clock) = (isOutOfTime, clock)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await isOutOfTime.wait() }
            group.addTask { await isOver.wait() }
            group.addTask { try? await clock.sleep(for: .milliseconds(milliseconds)) }
            await group.next()
            group.cancelAll()
        }
    }
}
