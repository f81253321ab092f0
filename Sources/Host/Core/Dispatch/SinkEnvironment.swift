import PluginKit

/// What a sink runner needs from the pipeline around it.
struct SinkEnvironment: Sendable {
    /// Rows after which it flushes though more are waiting.
    let flushRows: Int
    /// Tries before rows are given up; `nil` for as long as the pipeline runs.
    let patience: Int?
    /// Thrown when the grace time of a stop is over.
    let isOutOfTime: StopSignal
    let clock: any Clock<Duration>
    let report: @Sendable (_ sink: String, InstanceState, _ message: String) -> Void
    let advance: @Sendable (SinkLane, [InstrumentID: Int64]) async throws(PluginError) -> Void
    let acknowledge: @Sendable (_ sink: Int, _ partition: Int, _ sequence: UInt64) async -> Void

    /// Whether there is a try left.
    func isPatient(_ tries: Int) -> Bool { patience.map { tries < $0 } ?? true }

    /// Whether the same call makes sense again.
    func canRetry(_ error: PluginError, after tries: Int) -> Bool {
        (error.isTransient || error.code == .environment) && isPatient(tries)
    }

    /// Waits before another try: 100 ms, doubling to 5 s, less where time is up or another lane takes over.
    func pause(after tries: Int, or isHandedOver: StopSignal) async {
        let milliseconds = min(5_000, 100 << min(tries - 1, 6))
        let (isOutOfTime, clock) = (isOutOfTime, clock)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await isOutOfTime.wait() }
            group.addTask { await isHandedOver.wait() }
            group.addTask { try? await clock.sleep(for: .milliseconds(milliseconds)) }
            await group.next()
            group.cancelAll()
        }
    }
}
