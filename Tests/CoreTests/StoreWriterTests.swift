import PluginKit
import Testing

@testable import HostCore

/// What waits is written together, and what cannot be written takes nothing else with it.
@Suite struct StoreWriterTests {
    private static func item(_ number: UInt64, partition: Int = 0) -> StoreWriter.Item {
        StoreWriter.Item(
            sequence: number, partition: partition,
            entries: [
                StoreEntry(
                    pipeline: "main", timeframe: daily, provenance: Provenance(source: "source"),
                    events: .bars([bar(0, Int(number))]))
            ])
    }

    private static func run(_ stores: MemoryStores, _ items: [StoreWriter.Item]) async -> [String] {
        let told = Guarded<[String]>([])
        let writer = StoreWriter(
            events: stores, quarantine: stores, patience: 1, isOutOfTime: StopSignal(), clock: ContinuousClock(),
            report: { _ in },
            acknowledge: { partition, sequence in told.change { $0.append("\(partition):\(sequence)") } })
        for item in items { _ = await writer.queue.push(item) }
        writer.queue.finish()
        await writer.run()
        return told.value
    }

    @Test func writesAllThatWaitsInOneCallAndAcknowledgesTheLastOfEachPartition() async {
        let stores = MemoryStores()
        let told = await Self.run(stores, (1...300).map { Self.item($0, partition: Int($0 % 2)) })
        #expect(stores.groups == [300])
        #expect(told == ["0:300", "1:299"])
    }

    @Test func losesOnlyTheDeliveryThatCannotBeWritten() async {
        let stores = MemoryStores(losing: 3 * day)
        let told = await Self.run(stores, (1...5).map { Self.item($0, partition: Int($0 % 2)) })
        #expect(stores.bars.map(\.time) == [1, 2, 4, 5].map { $0 * day })
        #expect(told == ["1:1", "0:2", "0:4"])
    }

    /// A mark makes no transaction of its own: a start hands over states of thousands of instruments, each with one.
    @Test func firesAMarkWithWhatStoodAroundIt() async {
        let stores = MemoryStores()
        let mark = StopSignal()
        let told = await Self.run(
            stores, [Self.item(1), StoreWriter.Item(sequence: 7, partition: 0, mark: mark), Self.item(2)])
        #expect(mark.isFired)
        #expect(stores.groups == [2])
        #expect(told == ["0:2"])
    }
}
