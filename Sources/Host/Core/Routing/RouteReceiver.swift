import PluginKit
import Synchronization

/// The host's end of a provider's stream: numbers deliveries and splits them by partition.
///
/// Instrument i belongs to partition i mod n, so order per instrument is kept.
final class RouteReceiver: EventReceiver {
    private struct State {
        var sequence: UInt64 = 0
        var newest: Int64 = .min
        /// Partitions that are not yet through what there was.
        var behind = 0
    }

    private let partitions: [BoundedQueue<PartitionInput>]
    private let ledger: AcknowledgementLedger
    private let clock: PipelineClock
    private let through: Int64
    private let acceptedAge: Int64?
    private let isStopping: StopSignal
    private let isCaughtUp: StopSignal
    private let state = Mutex(State())

    init(
        partitions: [BoundedQueue<PartitionInput>], ledger: AcknowledgementLedger, clock: PipelineClock, through: Int64,
        acceptedAge: Int64? = nil, isStopping: StopSignal, isCaughtUp: StopSignal = StopSignal()
    ) {
        self.partitions = partitions
        self.ledger = ledger
        self.clock = clock
        self.through = through
        self.acceptedAge = acceptedAge
        self.isStopping = isStopping
        self.isCaughtUp = isCaughtUp
    }

    func receive(_ delivery: Delivery) async throws(PluginError) {
        guard !isStopping.isFired, !Task.isCancelled else { throw Self.stopping }
        guard case .bars(let all) = delivery.batch else {
            throw PluginError(
                .unsupported, "route: the provider pushed \(delivery.batch.kind.rawValue) to a pipeline of bars.")
        }
        let wallTime = clock.wallTime()
        let times = EventTimes.possible.lowerBound...EventTimes.latest(at: wallTime, span: clock.span)
        // What has no possible time says nothing about the end; the quality stage refuses it.
        let taken = through == .max ? all : all.filter { $0.time <= through || !times.contains($0.time) }
        if taken.isEmpty, !all.isEmpty { throw Self.stopping }
        let (sequence, clock) = number(taken, times, wallTime)
        let bars = marked(taken, clock)
        // A delivery that was cut is not whole, so its position says too much.
        if bars.count == all.count { ledger.begin(sequence, position: delivery.position) }
        for (index, queue) in partitions.enumerated() {
            let item = share(
                of: bars, delivery.defects, clock, latest: times.upperBound, sequence: sequence, partition: index)
            if case .closed = await queue.push(.delivery(item)) { throw Self.stopping }
        }
    }

    /// Throws the signal when every partition is through what was pushed before.
    func caughtUp() async {
        state.withLock { $0.behind = partitions.count }
        for queue in partitions { _ = await queue.push(.order(PartitionOrder { _ in self.isThrough() })) }
    }

    private func isThrough() {
        let isLast = state.withLock { state in
            state.behind -= 1
            return state.behind == 0
        }
        if isLast { isCaughtUp.fire() }
    }

    private func share(
        of bars: [Bar], _ defects: [Defect], _ clock: ArrivalClock, latest: Int64, sequence: UInt64, partition: Int
    ) -> IngestItem {
        guard partitions.count > 1 else {
            return IngestItem(sequence: sequence, bars: bars, defects: defects, clock: clock, latest: latest)
        }
        return IngestItem(
            sequence: sequence, bars: bars.filter { owner($0.instrument) == partition },
            defects: defects.filter { owner($0.instrument) == partition },
            clock: clock.selecting { owner(bars[$0].instrument) == partition }, latest: latest)
    }

    /// Marks bars older than the route accepts as stale.
    private func marked(_ bars: [Bar], _ clock: ArrivalClock) -> [Bar] {
        guard let acceptedAge else { return bars }
        return bars.enumerated().map { position, bar in
            var bar = bar
            if clock.age(of: bar.time, at: position) > acceptedAge { bar.flags.insert(.stale) }
            return bar
        }
    }

    private func owner(_ instrument: InstrumentID?) -> Int {
        instrument.map { Int($0.rawValue) % partitions.count } ?? 0
    }

    /// Numbers a delivery; in a replay event times move the clock, as far as they are possible.
    private func number(
        _ bars: [Bar], _ possible: ClosedRange<Int64>, _ wallTime: Int64
    ) -> (UInt64, ArrivalClock) {
        state.withLock { state in
            state.sequence += 1
            guard !clock.isReplay else {
                let times = bars.map { bar in
                    if possible.contains(bar.time) { state.newest = max(state.newest, bar.time) }
                    return state.newest
                }
                return (state.sequence, .each(times))
            }
            state.newest = max(state.newest, wallTime)
            return (state.sequence, .same(state.newest))
        }
    }

    private static let stopping = PluginError(.cancelled, "route: the pipeline is stopping.")
}
