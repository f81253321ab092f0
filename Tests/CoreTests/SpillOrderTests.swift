import PluginKit
import Synchronization
import Testing

@testable import HostCore

/// What waits on disk for a sink, while its runner and a partition look at queue and disk at the same time.
struct SpillOrderTests {
    /// A batch of one bar, the row of a day.
    private static func item(_ day: Int) -> SinkItem {
        let batch = RecordBatch(
            pipeline: "main", source: "s", timeframe: Timeframe(1, .day), sequence: UInt64(day),
            content: .bars([bar(0, day)]))
        return SinkItem(sequence: UInt64(day), partition: 0, batches: [batch])
    }

    /// The quickest sink empties queue and disk again and again, so every item may meet either of them empty.
    @Test func nothingOnDiskOvertakesWhatIsInTheQueue() async throws {
        let pipeline = Rig().pipeline(ArrayProvider([]), [])
        let late = try await LateRows.read("out", pipeline.plan, pipeline.services)
        let seen = Mutex<[UInt64]>([])
        let counters = FlowCounters(pipeline: "main", models: [], sinks: ["out"])
        let spill = SpillQueue(MemorySpill(), lose: { _ in }, report: { _ in })
        let plan = Rig.sink("out", RecordingSink(), capacity: 1, policy: .spill)
        let lane = SinkLane(
            plan: plan, index: 0, durable: DurableTimes(late: late), spill: spill, counters: counters
        ) { lane, turn in
            while let item = await lane.next(turn) {
                seen.withLock { $0.append(item.sequence) }
                lane.wrote(item, rest: nil, turn)
                _ = lane.confirm(turn)
            }
        }
        lane.start()
        for day in 1...20_000 { await lane.put(Self.item(day), plan) }
        let limit = TimeLimit(signal: StopSignal(), grace: .seconds(60), clock: ContinuousClock())
        #expect(await lane.end(limit))
        #expect(seen.withLock { $0 } == Array(1...20_000))
        #expect(counters.snapshot.sinks[0].delivered == 20_000)
    }

    /// An item that finds no room is given back, and nobody takes that for one that is lost on the disk.
    @Test func whatFindsNoRoomIsNotMissedOnDisk() async {
        let faults = Mutex<[String]>([])
        let spill = SpillQueue(
            MemorySpill(limit: 0), lose: { _ in }, report: { fault in faults.withLock { $0.append(fault.message) } })
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for day in 1...20_000 { _ = spill.append(Self.item(day), limit: .max) } }
            group.addTask { for _ in 1...20_000 { _ = spill.next() } }
        }
        #expect(faults.withLock(\.isEmpty) && spill.isEmpty)
    }
}
