import PluginKit
import Synchronization

/// The host's end of a provider's stream: numbers deliveries and splits them by partition.
///
/// Instrument i belongs to partition i mod n, so order per instrument is kept. A stream that broke off begins again with
/// another attempt; what was taken of the ones before is left out, and what they still push is not taken.
final class RouteReceiver: Sendable {
    private struct State {
        var sequence: UInt64 = 0
        var newest: Int64 = .min
        /// Partitions that are not yet through what there was.
        var behind = 0
        var attempt = 0
        var taken: TakenEvents
    }

    /// A delivery ready to be split.
    private struct Numbered {
        let sequence: UInt64
        var events: EventBatch
        let defects: [Defect]
        let clock: ArrivalClock
        /// The last event time that is no future.
        let latest: Int64
        let provenance: Provenance
    }

    private let partitions: [BoundedQueue<PartitionInput>]
    private let ledger: AcknowledgementLedger
    private let clock: PipelineClock
    private let kind: EventKind
    private let through: Int64
    private let acceptedAge: Int64?
    private let isStopping: StopSignal
    private let isCaughtUp: StopSignal
    private let hasEnded: @Sendable () -> Void
    private let state: Mutex<State>

    init(
        partitions: [BoundedQueue<PartitionInput>], ledger: AcknowledgementLedger, clock: PipelineClock,
        kind: EventKind = .bar, instruments: Int, through: Int64, acceptedAge: Int64? = nil, isStopping: StopSignal,
        isCaughtUp: StopSignal = StopSignal(), hasEnded: @escaping @Sendable () -> Void = {}
    ) {
        self.hasEnded = hasEnded
        self.partitions = partitions
        self.ledger = ledger
        self.clock = clock
        self.kind = kind
        self.through = through
        self.acceptedAge = acceptedAge
        self.isStopping = isStopping
        self.isCaughtUp = isCaughtUp
        state = Mutex(State(taken: TakenEvents(instruments: instruments)))
    }

    /// Whether the past is played again.
    var isReplay: Bool { clock.isReplay }

    /// The machine's clock, nanoseconds since the Unix epoch, UTC.
    var wallTime: Int64 { clock.wallTime() }

    /// Whether the pipeline is stopping.
    var isEnding: Bool { isStopping.isFired }

    /// Begins an attempt, which ends those before; returns its number and where the stream goes on.
    func beginAttempt() -> (number: Int, after: StreamPosition?) {
        let number = state.withLock { state in
            state.attempt += 1
            if state.attempt > 1 { state.taken.beginAgain() }
            return state.attempt
        }
        return (number, ledger.beginAgain())
    }

    /// Takes a delivery of an attempt; returns how many rows were new.
    ///
    /// Throws `.cancelled` when the attempt is to end.
    func receive(_ delivery: Delivery, of attempt: Int, _ provenance: Provenance) async throws(PluginError) -> Int {
        guard !isStopping.isFired, !Task.isCancelled else { throw Self.stopping }
        let all = delivery.batch
        guard all.kind == kind else {
            throw PluginError(
                .unsupported,
                "route: the provider pushed \(all.kind.rawValue) events to a pipeline of \(kind.rawValue) events.")
        }
        let wallTime = clock.wallTime()
        let times = EventTimes.possible.lowerBound...EventTimes.latest(at: wallTime, span: clock.span)
        // What has no possible time says nothing about the end; the quality stage refuses it.
        let within = through == .max ? all : all.filter { _, time, _ in time <= through || !times.contains(time) }
        if within.count == 0, all.count > 0 { throw Self.stopping }
        guard var numbered = number(within, delivery.defects, attempt, provenance, times, wallTime)
        else { throw Self.stopping }
        numbered.events = marked(numbered.events, numbered.clock)
        // A delivery that was cut is not whole, so its position says too much.
        if within.count == all.count { ledger.begin(numbered.sequence, position: delivery.position) }
        for (index, queue) in partitions.enumerated() {
            let item = share(of: numbered, partition: index)
            guard case .queued = await queue.push(.delivery(item)) else {
                ledger.abandon(numbered.sequence)
                throw Self.stopping
            }
            state.withLock { $0.taken.note(item.events, item.defects, through: item.latest) }
        }
        return numbered.events.count + numbered.defects.count
    }

    /// Lets indicators see events of one instrument that every sink has.
    func warmUp(_ instrument: InstrumentID, _ events: EventBatch) async throws(PluginError) {
        let order = PartitionOrder { worker in await worker.warmUp(events) }
        guard !isStopping.isFired, case .queued = await partitions[owner(instrument)].push(.order(order)) else {
            throw Self.stopping
        }
    }

    /// Takes bars of one provenance that the store has, in order of event time.
    func take(stored: ArraySlice<StoredBar>) async throws(PluginError) {
        guard !isStopping.isFired, let provenance = stored.first?.provenance else { throw Self.stopping }
        let numbered = state.withLock { state in
            state.sequence += 1
            let times = stored.map { bar in
                state.newest = max(state.newest, bar.knownAt)
                return state.newest
            }
            return Numbered(
                sequence: state.sequence, events: .bars(stored.map(\.bar)), defects: [], clock: .each(times),
                latest: .max,
                provenance: provenance)
        }
        for (index, queue) in partitions.enumerated() {
            var item = share(of: numbered, partition: index)
            item.isStored = true
            guard case .queued = await queue.push(.delivery(item)) else { throw Self.stopping }
            state.withLock { $0.taken.note(item.events, [], through: item.latest) }
        }
    }

    /// Begins the stream after a position of an earlier run; what was taken from the store is left out when it comes again.
    func resume(after position: StreamPosition?) {
        ledger.resume(after: position)
        state.withLock { $0.taken.beginAgain() }
    }

    /// Throws the signal when every partition is through what was pushed before.
    func caughtUp(attempt: Int) async {
        let isCurrent = state.withLock { state in
            guard state.attempt == attempt else { return false }
            state.behind = partitions.count
            return true
        }
        guard isCurrent, !isStopping.isFired else { return }
        hasEnded()
        for queue in partitions { _ = await queue.push(.order(PartitionOrder { _ in self.isThrough() })) }
    }

    /// Notes that a source that is asked has answered all.
    func answered() { hasEnded() }

    private func isThrough() {
        let isLast = state.withLock { state in
            state.behind -= 1
            return state.behind == 0
        }
        if isLast { isCaughtUp.fire() }
    }

    private func share(of delivery: Numbered, partition: Int) -> IngestItem {
        let (events, clock) = (delivery.events, delivery.clock)
        guard partitions.count > 1 else {
            return IngestItem(
                sequence: delivery.sequence, events: events, defects: delivery.defects, clock: clock,
                latest: delivery.latest, provenance: delivery.provenance)
        }
        let owners = events.instruments.map(owner)
        return IngestItem(
            sequence: delivery.sequence, events: events.filter { _, _, id in owner(id) == partition },
            defects: delivery.defects.filter { owner($0.instrument) == partition },
            clock: clock.selecting { owners[$0] == partition }, latest: delivery.latest,
            provenance: delivery.provenance)
    }

    /// Marks events older than the route accepts as stale.
    private func marked(_ events: EventBatch, _ clock: ArrivalClock) -> EventBatch {
        guard let acceptedAge else { return events }
        return events.marking(.stale) { position, time in clock.age(of: time, at: position) > acceptedAge }
    }

    private func owner(_ instrument: InstrumentID?) -> Int {
        instrument.map { Int($0.rawValue) % partitions.count } ?? 0
    }

    /// Leaves out what was taken before and numbers the rest; `nil` for an attempt that another one followed.
    ///
    /// In a replay event times move the clock, as far as they are possible.
    private func number(
        _ events: EventBatch, _ defects: [Defect], _ attempt: Int, _ provenance: Provenance,
        _ possible: ClosedRange<Int64>,
        _ wallTime: Int64
    ) -> Numbered? {
        state.withLock { state in
            guard attempt == state.attempt else { return nil }
            let events = state.taken.fresh(events)
            let defects = state.taken.fresh(defects)
            state.sequence += 1
            guard !clock.isReplay else {
                var times: [Int64] = []
                times.reserveCapacity(events.count)
                events.forEach { _, time, _ in
                    if possible.contains(time) { state.newest = max(state.newest, time) }
                    times.append(state.newest)
                }
                return Numbered(
                    sequence: state.sequence, events: events, defects: defects, clock: .each(times),
                    latest: possible.upperBound, provenance: provenance)
            }
            state.newest = max(state.newest, wallTime)
            return Numbered(
                sequence: state.sequence, events: events, defects: defects, clock: .same(state.newest),
                latest: possible.upperBound, provenance: provenance)
        }
    }

    private static let stopping = PluginError(.cancelled, "route: the pipeline is stopping.")
}
