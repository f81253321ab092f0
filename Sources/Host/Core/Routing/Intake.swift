import PluginKit
import Synchronization

/// Where the inputs of a pipeline meet: numbers their deliveries and puts each partition's share into its queue, one
/// delivery after the other, in the order that `MergeOrder` says.
///
/// Instrument i belongs to partition i mod n, so order per instrument is kept.
final class Intake: Sendable {
    /// Events of one input on their way in.
    struct Arrival: Sendable {
        var input: Int
        var events: EventBatch
        var defects: [Defect]
        /// What the route has to say of them.
        var alerts: [Alert] = []
        /// The pipeline's clock at each of the events.
        var clock: ArrivalClock
        /// The last event time that is no future.
        let latest: Int64
        let provenance: Provenance
        /// Where bars are built of the events: the newest event time so far at each of them, and after them.
        var eventClock: [Int64] = []
        var reached = Int64.min
        /// Whether no more events come.
        var isEnd = false
        var isStored = false
        /// Which of the events of its instant each is; empty where they are alone there.
        var places: [UInt32] = []
    }

    private struct State {
        var sequence: UInt64 = 0
        var order: MergeOrder
        var waiting: [Int: CheckedContinuation<Int64?, Never>] = [:]
        /// Inputs that are not caught up and have not ended.
        var open: Set<Int>
        /// Inputs that are caught up and wait for more.
        var idle: Set<Int> = []
        /// Partitions that are not yet through what there was.
        var behind = 0
        var isStopped = false
    }

    private let partitions: [BoundedQueue<PartitionInput>]
    private let ledger: AcknowledgementLedger
    private let isCaughtUp: StopSignal
    private let isAlone: Bool
    private let trace: @Sendable (UInt64) -> DeliveryTrace?
    private let state: Mutex<State>

    /// Creates the intake of some inputs; the signal is fired when all there was of all of them is through, and `trace` says which
    /// deliveries are followed.
    init(
        _ partitions: [BoundedQueue<PartitionInput>], _ ledger: AcknowledgementLedger, inputs: Int,
        isCaughtUp: StopSignal, trace: @escaping @Sendable (_ sequence: UInt64) -> DeliveryTrace? = { _ in nil }
    ) {
        self.partitions = partitions
        self.ledger = ledger
        self.isCaughtUp = isCaughtUp
        isAlone = inputs == 1
        self.trace = trace
        state = Mutex(State(order: MergeOrder(inputs: inputs), open: Set(0..<inputs)))
    }

    // MARK: Order

    /// Waits until an input's events that begin at `head` may go; returns the time through which they may, `nil` where the
    /// pipeline stops or the task is cancelled. Then `finishTurn` follows.
    func turn(of input: Int, at head: Int64) async -> Int64? {
        guard !isAlone else { return .max }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { wait(for: input, head, $0) }
        } onCancel: {
            withdraw(input)
        }
    }

    /// Lets others go.
    func finishTurn() {
        guard !isAlone else { return }
        change { $0.order.finish() }
    }

    /// Notes that an input has played its past, or has ended: the others wait for it no longer.
    func release(_ input: Int) {
        guard !isAlone else { return }
        change { $0.order.release(input) }
    }

    /// Notes that an input begins to play its past: the others wait for it.
    func expect(_ input: Int) {
        guard !isAlone else { return }
        change { $0.order.expect(input) }
    }

    /// Ends every wait: nothing goes in any more.
    func stop() {
        let waiting = state.withLock { state in
            state.isStopped = true
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for continuation in waiting { continuation.resume(returning: nil) }
    }

    private func wait(for input: Int, _ head: Int64, _ continuation: CheckedContinuation<Int64?, Never>) {
        let before = state.withLock { state -> CheckedContinuation<Int64?, Never>? in
            // Under the lock: where it is cancelled before, the handler found nothing to withdraw.
            guard !Task.isCancelled, !state.isStopped else { return continuation }
            state.order.offer(input, head: head)
            return state.waiting.updateValue(continuation, forKey: input)
        }
        before?.resume(returning: nil)
        change { _ in }
    }

    private func withdraw(_ input: Int) {
        let continuation = state.withLock { state in
            state.order.withdraw(input)
            return state.waiting.removeValue(forKey: input)
        }
        continuation?.resume(returning: nil)
    }

    /// Changes the order, and lets whoever is next go.
    private func change(_ body: (inout State) -> Void) {
        let next = state.withLock { state -> (CheckedContinuation<Int64?, Never>, Int64)? in
            body(&state)
            guard let turn = state.order.next() else { return nil }
            guard let waiting = state.waiting.removeValue(forKey: turn.input) else {
                state.order.finish()
                return nil
            }
            return (waiting, turn.through)
        }
        if let (continuation, through) = next { continuation.resume(returning: through) }
    }

    // MARK: Partitions

    /// Numbers events and puts each partition's share into its queue; `taken` is told of each share that is in.
    ///
    /// Throws `.cancelled` where the pipeline is stopping.
    ///
    /// - Parameter reached: how far the instruments are at the position that have had events since the one before.
    func push(
        _ arrival: Arrival, _ position: StreamPosition?,
        _ reached: [(instrument: InstrumentID, mark: EventMark)] = [], taken: (IngestItem) -> Void
    ) async throws(PluginError) {
        // An input that waits for more may have what happened before this.
        let (sequence, isMerged) = state.withLock { state in
            state.sequence += 1
            return (state.sequence, !isAlone && state.idle.isEmpty)
        }
        if let position { ledger.begin(sequence, position, of: arrival.input, reached) }
        let trace = trace(sequence)
        if let trace {
            let asked = arrival.provenance.fetchedAt ?? trace.arrival
            trace.note(
                .provider, arrival.provenance.source, since: min(asked, trace.arrival), until: trace.arrival,
                rows: arrival.events.count + arrival.defects.count)
        }
        for (index, queue) in partitions.enumerated() {
            var item = share(of: arrival, sequence, isMerged: isMerged, partition: index)
            if item.events.count + item.defects.count > 0 { item.trace = trace }
            guard case .queued = await queue.push(.delivery(item)) else {
                ledger.abandon(sequence)
                throw Self.stopping
            }
            taken(item)
        }
    }

    /// Lets the partition of an instrument do something between two deliveries.
    func order(_ instrument: InstrumentID, _ order: PartitionOrder) async throws(PluginError) {
        guard case .queued = await partitions[owner(instrument)].push(.order(order)) else { throw Self.stopping }
    }

    private func share(of arrival: Arrival, _ sequence: UInt64, isMerged: Bool, partition: Int) -> IngestItem {
        let whole = IngestItem(
            input: arrival.input, sequence: sequence, events: arrival.events, defects: arrival.defects,
            clock: arrival.clock, latest: arrival.latest, provenance: arrival.provenance,
            eventClock: arrival.eventClock, reached: arrival.reached, isEnd: arrival.isEnd, isMerged: isMerged,
            isStored: arrival.isStored,
            places: arrival.places, alerts: arrival.alerts)
        guard partitions.count > 1 else { return whole }
        let owners = whole.events.instruments.map(owner)
        return whole.selecting {
            owners[$0] == partition
        } of: {
            owner($0) == partition
        }
    }

    private func owner(_ instrument: InstrumentID?) -> Int {
        instrument.map { Int($0.rawValue) % partitions.count } ?? 0
    }

    // MARK: The end

    /// Notes that an input has pushed all there is and waits for more; when all have, the signal is fired behind what was
    /// pushed.
    func caughtUp(_ input: Int) async {
        release(input)
        await close(input) { _ = $0.idle.insert(input) }
    }

    /// Notes that an input has ended.
    func ended(_ input: Int) async {
        release(input)
        await close(input) { _ = $0.idle.remove(input) }
    }

    private func close(_ input: Int, _ note: (inout State) -> Void) async {
        let isAll = state.withLock { state in
            note(&state)
            state.open.remove(input)
            // Where all have ended the pipeline does, and who waits for it knows.
            guard state.open.isEmpty, !state.idle.isEmpty else { return false }
            state.behind = partitions.count
            return true
        }
        guard isAll else { return }
        let order = PartitionOrder { worker in
            await worker.endPast()
            self.isThrough()
        }
        for queue in partitions { _ = await queue.push(.order(order)) }
    }

    private func isThrough() {
        let isLast = state.withLock { state in
            state.behind -= 1
            return state.behind == 0
        }
        if isLast { isCaughtUp.fire() }
    }

    static let stopping = PluginError(.cancelled, "route: the pipeline is stopping.")
}
