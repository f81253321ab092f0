import PluginKit

/// Writes accepted events and refused rows to the store, behind a queue of its own so that a slow disk delays no prediction
/// until the queue is full; then it blocks, since nothing may be lost.
///
/// Everything that waits is written in one transaction, so the disk is waited for once, however small deliveries are. Where
/// that cannot be, each is written by itself: a fault of one loses no other.
///
/// What the store cannot keep (its files are damaged, time is up) is reported, and its delivery is never acknowledged.
package final class StoreWriter: Sendable {
    /// What one delivery left in a partition.
    package struct Item: Sendable {
        let sequence: UInt64
        let partition: Int
        /// What was accepted, and what corrects events that were; all of it or nothing is kept.
        let entries: [StoreEntry]
        let refused: [QuarantinedRow]
        /// Thrown when everything before it was written, or given up, with what waited behind it.
        let mark: StopSignal?
        /// Where the delivery is followed.
        var trace: DeliveryTrace?

        /// Creates an item.
        package init(
            sequence: UInt64, partition: Int, entries: [StoreEntry] = [], refused: [QuarantinedRow] = [],
            mark: StopSignal? = nil
        ) {
            self.sequence = sequence
            self.partition = partition
            self.entries = entries
            self.refused = refused
            self.mark = mark
        }
    }

    /// Events of one transaction at most, but for the delivery that passes it.
    private static let groupSize = 65_536

    /// What waits to be written.
    package let queue = BoundedQueue<Item>(capacity: 512, policy: .block)
    private let events: any EventStore
    private let quarantine: any QuarantineStore
    /// Tries before a delivery is given up; `nil` for as long as the pipeline runs.
    private let patience: Int?
    private let isOutOfTime: StopSignal
    private let clock: any Clock<Duration>
    private let report: @Sendable (String) -> Void
    private let lose: @Sendable (_ events: Int) async -> Void
    private let revise: @Sendable ([Revision], UInt64) async -> Void
    private let acknowledge: @Sendable (_ partition: Int, _ sequence: UInt64) async -> Void

    /// Creates a writer; `acknowledge` is told what is durable, `lose` how many events and refused rows never will be, `revise` what took the
    /// place of other events.
    package init(
        events: any EventStore, quarantine: any QuarantineStore, patience: Int? = nil,
        isOutOfTime: StopSignal, clock: any Clock<Duration>, report: @escaping @Sendable (String) -> Void,
        lose: @escaping @Sendable (_ events: Int) async -> Void = { _ in },
        revise: @escaping @Sendable (_ revisions: [Revision], _ sequence: UInt64) async -> Void = { _, _ in },
        acknowledge: @escaping @Sendable (Int, UInt64) async -> Void
    ) {
        self.events = events
        self.quarantine = quarantine
        self.patience = patience
        self.isOutOfTime = isOutOfTime
        self.clock = clock
        self.report = report
        self.lose = lose
        self.revise = revise
        self.acknowledge = acknowledge
    }

    /// Runs until the queue is finished and empty.
    package func run() async {
        var health = Health()
        while let first = await queue.pop() { await take(group(from: first), &health) }
    }

    private struct Health {
        var isGood = true
        /// Partitions with a delivery that the store does not have.
        var held: Set<Int> = []
    }

    /// What waits now, up to the size of a group.
    private func group(from first: Item) -> [Item] {
        var items = [first]
        var size = first.size
        while size < Self.groupSize, let next = queue.tryPop() {
            items.append(next)
            size += next.size
        }
        return items
    }

    private func take(_ items: [Item], _ health: inout Health) async {
        if await !write(items, &health) { await takeOneByOne(items, &health) } else { await acknowledge(items, health) }
        for item in items { item.mark?.fire() }
    }

    /// Keeps what can be kept of a group that cannot be written as a whole.
    private func takeOneByOne(_ items: [Item], _ health: inout Health) async {
        for item in items {
            let isKept = if items.count == 1 { false } else { await write([item], &health) }
            if !isKept {
                health.held.insert(item.partition)
                await lose(item.lost)
            }
            await acknowledge([item], health)
        }
    }

    /// Tells of the last delivery of each partition.
    private func acknowledge(_ items: [Item], _ health: Health) async {
        var last: [Int: UInt64] = [:]
        for item in items where item.mark == nil && !health.held.contains(item.partition) {
            last[item.partition] = item.sequence
        }
        for (partition, sequence) in last.sorted(by: { $0.key < $1.key }) { await acknowledge(partition, sequence) }
    }

    /// Writes until the store has it; returns whether it does.
    private func write(_ items: [Item], _ health: inout Health) async -> Bool {
        var tries = health.isGood ? 0 : (patience ?? 1) - 1
        while true {
            tries += 1
            do {
                let start = items.lazy.compactMap(\.trace).first?.now ?? 0
                try await store(items)
                for item in items where item.size > 0 {
                    item.trace?.note(.store, since: start, partition: item.partition, rows: item.size)
                }
                // What has nothing to store says nothing of the store.
                guard items.contains(where: { $0.size > 0 }) else { return true }
                if !health.isGood { report("") }
                health.isGood = true
                return true
            } catch {
                if health.isGood { report(error.message) }
                health.isGood = false
                let isPatient = patience.map { tries < $0 } ?? true
                let canRecover = isPatient && (error.isTransient || error.code == .environment)
                guard canRecover, await !isOutOfTime.wait(atMost: .seconds(1), clock: clock) else { return false }
            }
        }
    }

    private func store(_ items: [Item]) async throws(PluginError) {
        let entries = items.flatMap(\.entries)
        if !entries.isEmpty {
            let revised = try await events.store(entries)
            if !revised.isEmpty { await revise(revised, items.map(\.sequence).max() ?? 0) }
        }
        let refused = items.flatMap(\.refused)
        if !refused.isEmpty { try await quarantine.quarantine(refused) }
    }
}

extension StoreWriter.Item {
    /// Events and refused rows.
    fileprivate var lost: Int { entries.reduce(refused.count) { $0 + $1.events.count } }
    fileprivate var size: Int { entries.reduce(refused.count) { $0 + $1.size } }
}
