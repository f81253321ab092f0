import PluginKit
import Synchronization

/// The place of one sink in a pipeline: its queue, what it was given, and the task that gives it.
///
/// ```
///            offer               next               write               flush
///  worker ----------> queue ----------> in hand ----------> written ----------> delivered: the watermark moves
///           full: as    |  \ spill         | refused by        | it threw, or the sink was changed:
///           its policy  v   v on disk      v the sink          v all of it is offered again, before the queue
///              dropped   waits         refused, given up
/// ```
///
/// A row is in one of these places and counted there; what was given up is held: no watermark and no acknowledgement passes
/// it. A **turn** is the time between two changes of the sink: `exchange` ends the turn between two calls, or leaves a call
/// behind that does not end, and begins another with what is not delivered. What a turn does after its end counts for nothing.
/// A sink that is given up (it failed for good) takes nothing until it is exchanged, and holds nobody.
final class SinkLane: Sendable {
    private struct State {
        var plan: SinkPlan
        var turn: SinkTurn?
        var task: PluginTask<Void>?
        /// What is written before what is in the queue, newest first.
        var again: [SinkItem] = []
        var hand: SinkItem?
        var written: [SinkItem] = []
        var writtenRows = 0
        var isGivenUp = false
        /// Thrown when the change of turns under way has ended.
        var change: StopSignal?

        /// Puts what was written, then what is in hand, before everything else.
        mutating func repeatAll() {
            again += (written + [hand].compactMap { $0 }).reversed()
            (hand, written, writtenRows) = (nil, [], 0)
        }
    }

    /// Position of its counters.
    let index: Int
    let hold: DeliveryHold
    let queue: BoundedQueue<SinkItem>
    /// What is durable in the sink since an earlier run.
    let durable: DurableTimes
    /// Whether a call took longer than a sink should.
    let isLate = Atomic<Bool>(false)
    private let spill: SpillQueue?
    private let counters: FlowCounters
    private let run: @Sendable (SinkLane, SinkTurn) async -> Void
    private let state: Mutex<State>

    /// Creates a lane; `run` gives the sink what waits until its turn is over. Nothing runs yet.
    init(
        plan: SinkPlan, index: Int, durable: DurableTimes, missed: [Revision] = [], hold: DeliveryHold = DeliveryHold(),
        spill: SpillQueue?, counters: FlowCounters, run: @escaping @Sendable (SinkLane, SinkTurn) async -> Void
    ) {
        self.index = index
        self.durable = durable
        self.hold = hold
        self.spill = spill
        self.counters = counters
        self.run = run
        queue = BoundedQueue(capacity: plan.capacity, policy: plan.policy)
        let items = durable.items(missed, for: plan, sequence: 0)
        state = Mutex(State(plan: plan, again: items.reversed()))
        let rows = items.reduce(0) { $0 + $1.rows }
        counters.update(sink: index) { sink in
            sink.offered += rows
            sink.waiting += rows
        }
    }

    /// How the sink hangs on the pipeline now.
    var plan: SinkPlan { state.withLock { $0.plan } }

    /// The turn under way; `nil` where the sink was given up, or everything is done.
    var turn: SinkTurn? { state.withLock { $0.turn } }

    // MARK: Offering

    /// Offers a partition's output to the sink; suspends under `.block` while the queue is full. Returns the rows not offered.
    ///
    /// - Parameter through: the delivery through which the sink has everything, when it has this.
    @discardableResult
    func offer(
        _ output: PartitionOutput, sequence: UInt64, through: UInt64? = nil, partition: Int, header: RecordHeader,
        trace: DeliveryTrace? = nil
    ) async -> Int {
        let plan = plan
        var batches: [RecordBatch] = []
        var held = 0
        for batch in output.records(plan.records, header.with(sequence: sequence, output.provenance)) {
            let (fresh, known) = durable.fresh(batch)
            held += known.count
            if let fresh { batches.append(fresh) }
        }
        let item = SinkItem(sequence: through ?? sequence, partition: partition, batches: batches, trace: trace)
        await put(item, plan, held: held)
        return held
    }

    /// Offers what took the place of events that the sink has.
    func offer(_ revisions: [Revision], sequence: UInt64) async {
        let plan = plan
        for item in durable.items(revisions, for: plan, sequence: sequence) { await put(item, plan) }
    }

    /// Puts an item into the queue, or where its policy says; `held` more rows are not offered.
    func put(_ item: SinkItem, _ plan: SinkPlan, held: Int = 0) async {
        counters.update(sink: index) { sink in
            sink.offered += item.rows
            sink.waiting += item.rows
            sink.alreadyDurable += held
        }
        let spill = plan.policy == .spill || spill?.isEmpty == false ? spill : nil
        if spill == nil, state.withLock({ $0.isGivenUp }) { return drop(item, "given_up") }
        // An item without rows only says how far the pipeline is: it must not push rows out of a queue that drops.
        if item.rows == 0, plan.policy != .block, queue.count > 0 || spill?.isEmpty == false { return }
        // What follows something on disk waits there too, or the order would be lost.
        if let spill, !spill.isEmpty { return keep(item, spill, plan) }
        switch await queue.push(item) {
        case .queued: break
        case .droppedOldest(let oldest): count(oldest.rows, "queue_full_oldest")
        case .droppedNewest:
            if let spill { keep(item, spill, plan) } else { count(item.rows, "queue_full_newest") }
        case .closed: count(item.rows, "stopped")
        }
    }

    private func keep(_ item: SinkItem, _ spill: SpillQueue, _ plan: SinkPlan) {
        guard !spill.append(item, limit: plan.spillBytes) else { return queue.wake() }
        drop(item, "spill_full")
    }

    /// Takes no more rows; the runner still gets those that wait.
    func finish() { queue.finish() }

    // MARK: Turns

    /// Begins the first turn.
    func start() {
        state.withLock { state in
            let turn = SinkTurn(plan: state.plan)
            state.turn = turn
            state.task = PluginTask { [self] in await run(self, turn) }
        }
    }

    /// Puts another sink in this one's place between two calls; the new one is given everything that is not delivered.
    ///
    /// Returns how many rows were in a call that did not end in time: the sink before may have them too.
    func exchange(_ plan: SinkPlan, _ limit: TimeLimit) async -> Int {
        await beginChange()
        defer { endChange() }
        let left = await endTurn(limit)
        state.withLock { state in
            state.plan = plan
            state.isGivenUp = false
        }
        queue.change(capacity: plan.capacity, policy: plan.policy)
        isLate.store(false, ordering: .relaxed)
        start()
        return left
    }

    /// Ends the call under way and lets the same sink begin anew; returns whether the call ended.
    func interrupt(_ limit: TimeLimit) async -> Bool {
        await beginChange()
        defer { endChange() }
        let isDone = await endTurn(limit) == 0
        if isDone { start() }
        return isDone
    }

    /// Changes what the sink's watermarks are named by.
    func rename(_ plan: SinkPlan) { state.withLock { $0.plan = plan } }

    /// Returns when everything was delivered or counted; `false` where a call did not end in time and was left behind.
    func end(_ limit: TimeLimit) async -> Bool {
        queue.finish()
        while let task = state.withLock({ $0.task }) {
            guard await task.value(limit) != nil else { return false }
            if state.withLock({ $0.task === task }) { break }
        }
        dropRest("given_up")
        return true
    }

    /// Counts everything that is not delivered as dropped, and nothing that the sink does after it; returns the rows.
    @discardableResult
    func dropRest(_ reason: String) -> Int {
        // A call that was left behind is the last one of its turn.
        turn?.isOver.fire()
        let (perhaps, again) = state.withLock { state in
            state.turn = nil
            defer { (state.hand, state.written, state.writtenRows, state.again) = (nil, [], 0, []) }
            return (state.writtenRows + (state.hand?.rows ?? 0), state.again)
        }
        var rows = again.reduce(spill?.clear() ?? 0) { $0 + $1.rows }
        while let item = queue.tryPop() { rows += item.rows }
        if perhaps + rows > 0 { hold.holdAll() }
        count(perhaps, "unconfirmed")
        count(rows, reason)
        return perhaps + rows
    }

    /// Ends a turn; returns the rows in a call that was left behind. What is not delivered is what the next turn begins with.
    private func endTurn(_ limit: TimeLimit) async -> Int {
        let (turn, task) = state.withLock { ($0.turn, $0.task) }
        turn?.isOver.fire()
        queue.wake()
        let isDone = await task?.value(limit) != nil
        return state.withLock { state in
            let left = isDone ? 0 : max(1, state.hand?.rows ?? 0)
            state.turn = nil
            state.task = nil
            state.repeatAll()
            return left
        }
    }

    private func beginChange() async {
        while let other = state.withLock({ state -> StopSignal? in
            if let change = state.change { return change }
            state.change = StopSignal()
            return nil
        }) { await other.wait() }
    }

    private func endChange() {
        let change = state.withLock { state in
            defer { state.change = nil }
            return state.change
        }
        change?.fire()
    }

    // MARK: For the turn

    /// Returns what the turn works on next; `nil` once everything was written or the turn is over.
    func next(_ turn: SinkTurn) async -> SinkItem? {
        while !turn.isOver.isFired {
            // Looked at before the queue: what went to disk after that waits behind what is in the queue by then.
            let onDisk = spill?.isEmpty == false ? spill : nil
            if let item = take(turn, from: nil) ?? take(turn, from: queue.tryPop() ?? onDisk?.next()) { return item }
            if queue.isDone, spill?.isEmpty ?? true { return nil }
            if let item = await queue.pop() { return take(turn, from: item) }
        }
        return nil
    }

    private func take(_ turn: SinkTurn, from item: SinkItem?) -> SinkItem? {
        state.withLock { state in
            guard state.turn === turn else {
                // It came out of the queue for a turn that is over: the next one begins with it.
                if let item { state.again.insert(item, at: 0) }
                return nil
            }
            state.hand = item ?? state.again.popLast()
            return state.hand
        }
    }

    /// Whether the turn has an item in hand.
    func hasHand(_ turn: SinkTurn) -> Bool { state.withLock { $0.turn === turn && $0.hand != nil } }

    /// Notes that a part of the item in hand was written, and what is left of it; `nil` where that is nothing.
    func wrote(_ part: SinkItem, rest: SinkItem?, _ turn: SinkTurn) {
        change(turn) { state in
            state.hand = rest
            guard part.rows > 0 || part.isLast else { return }
            state.written.append(part)
            state.writtenRows += part.rows
        }
    }

    /// Whether the sink should flush now: it wrote that many rows, or nothing else waits.
    func isDue(rows: Int) -> Bool {
        let (isClear, written) = state.withLock { ($0.again.isEmpty, $0.writtenRows) }
        return isClear && (written >= rows || (queue.count == 0 && spill?.isEmpty ?? true))
    }

    /// Rows that were written and are not durable.
    var writtenRows: Int { state.withLock { $0.writtenRows } }

    /// Takes out what was written, which is durable now; counts it.
    func confirm(_ turn: SinkTurn) -> [SinkItem] {
        let items = takeWritten(turn)
        let rows = items.reduce(0) { $0 + $1.rows }
        guard rows > 0 else { return items }
        counters.update(sink: index) { sink in
            sink.waiting -= rows
            sink.delivered += rows
        }
        return items
    }

    /// Lets what was written be written again.
    func repeatWritten(_ turn: SinkTurn) {
        change(turn) { $0.repeatAll() }
    }

    /// Gives up what was written and cannot be made durable.
    func loseWritten(_ turn: SinkTurn) { for item in takeWritten(turn) { drop(item, "unconfirmed") } }

    /// Gives the sink up, where the turn is not over: others no longer wait for it.
    func giveUp(_ turn: SinkTurn) { if change(turn, { $0.turn = nil }) { giveUp() } }

    /// Gives a sink without a turn up. What is meant for it is counted and held, or waits on disk.
    func giveUp() {
        state.withLock { state in
            state.repeatAll()
            state.isGivenUp = true
        }
        guard plan.policy != .spill || spill == nil else { return }
        while let item = state.withLock({ $0.again.popLast() }) ?? queue.tryPop() { drop(item, "given_up") }
    }

    private func takeWritten(_ turn: SinkTurn) -> [SinkItem] {
        var items: [SinkItem] = []
        change(turn) { state in
            items = state.written
            (state.written, state.writtenRows) = ([], 0)
        }
        return items
    }

    @discardableResult
    private func change(_ turn: SinkTurn, _ change: (inout State) -> Void) -> Bool {
        state.withLock { state in
            guard state.turn === turn else { return false }
            change(&state)
            return true
        }
    }

    // MARK: Counting

    /// Notes how long a write took.
    func measured(_ kind: FlowSnapshot.Call.Kind, _ span: Duration) {
        counters.measured(FlowSnapshot.Call(kind, plan.id), span)
    }

    /// Counts rows that the sink refused.
    func refuse(_ refused: [WriteReceipt.Rejection], _ turn: SinkTurn) {
        guard !refused.isEmpty, state.withLock({ $0.turn === turn }) else { return }
        counters.update(sink: index) { sink in
            sink.waiting -= refused.count
            for rejection in refused { sink.refused[rejection.reason, default: 0] += 1 }
        }
    }

    /// Counts rows of the turn that the sink will not get in this run, and holds them.
    func drop(_ rows: RecordBatch, of item: SinkItem, _ reason: String, _ turn: SinkTurn) {
        guard state.withLock({ $0.turn === turn }) else { return }
        hold.hold(rows, of: item)
        count(rows.count, reason)
    }

    private func drop(_ item: SinkItem, _ reason: String) {
        for batch in item.batches { hold.hold(batch, of: item) }
        count(item.rows, reason)
    }

    private func count(_ rows: Int, _ reason: String) {
        guard rows > 0 else { return }
        counters.update(sink: index) { sink in
            sink.waiting -= rows
            sink.dropped[reason, default: 0] += rows
        }
    }
}

/// The time a sink works between two changes.
final class SinkTurn: Sendable {
    /// The sink of the turn.
    let plan: SinkPlan
    /// Thrown when the turn is to end.
    let isOver = StopSignal()
    /// Counts the begins and ends of calls: odd while a call is under way.
    let calls = Atomic<UInt64>(0)

    init(plan: SinkPlan) { self.plan = plan }
}
