import PluginKit

/// Writes accepted bars and refused rows to the store, behind a queue of its own so that a slow disk delays no prediction
/// until the queue is full; then it blocks, since nothing may be lost.
///
/// What the store cannot keep (its files are damaged, time is up) is reported, and its delivery is never acknowledged.
final class StoreWriter: Sendable {
    struct Item: Sendable {
        let sequence: UInt64
        let partition: Int
        let bars: [Bar]
        let refused: [QuarantinedRow]
        /// Thrown when everything before it was written, or given up.
        var mark: StopSignal?
    }

    let queue = BoundedQueue<Item>(capacity: 256, policy: .block)
    private let bars: any BarStore
    private let quarantine: any QuarantineStore
    private let header: RecordHeader
    /// Tries before a delivery is given up; `nil` for as long as the pipeline runs.
    private let patience: Int?
    private let isOutOfTime: StopSignal
    private let clock: any Clock<Duration>
    private let report: @Sendable (String) -> Void
    private let acknowledge: @Sendable (_ partition: Int, _ sequence: UInt64) async -> Void

    init(
        bars: any BarStore, quarantine: any QuarantineStore, header: RecordHeader, patience: Int? = nil,
        isOutOfTime: StopSignal, clock: any Clock<Duration>, report: @escaping @Sendable (String) -> Void,
        acknowledge: @escaping @Sendable (Int, UInt64) async -> Void
    ) {
        self.bars = bars
        self.quarantine = quarantine
        self.header = header
        self.patience = patience
        self.isOutOfTime = isOutOfTime
        self.clock = clock
        self.report = report
        self.acknowledge = acknowledge
    }

    /// Runs until the queue is finished and empty.
    func run() async {
        var isHealthy = true
        var held: Set<Int> = []
        while let item = await queue.pop() {
            if let mark = item.mark {
                mark.fire()
                continue
            }
            if await !write(item, &isHealthy) { held.insert(item.partition) }
            if !held.contains(item.partition) { await acknowledge(item.partition, item.sequence) }
        }
    }

    /// Writes until the store has it; returns whether it does.
    private func write(_ item: Item, _ isHealthy: inout Bool) async -> Bool {
        var tries = isHealthy ? 0 : (patience ?? 1) - 1
        while true {
            tries += 1
            do {
                try await store(item)
                if !isHealthy { report("") }
                isHealthy = true
                return true
            } catch {
                if isHealthy { report(error.message) }
                isHealthy = false
                let isPatient = patience.map { tries < $0 } ?? true
                let canRecover = isPatient && (error.isTransient || error.code == .environment)
                guard canRecover, await !isOutOfTime.wait(atMost: .seconds(1), clock: clock) else { return false }
            }
        }
    }

    private func store(_ item: Item) async throws(PluginError) {
        if !item.bars.isEmpty {
            try await bars.store(item.bars, source: header.source, timeframe: header.timeframe)
        }
        if !item.refused.isEmpty { try await quarantine.quarantine(item.refused) }
    }
}
