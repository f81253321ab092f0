import PluginKit
import Synchronization

/// Gives one sink what waits in its lane, for one turn: writes, tries again, flushes, and only then moves the watermark.
///
/// A row counts as delivered when a flush after its write returned. A flush that throws makes nothing durable: all since the
/// one before is written again. Rows that are given up stay behind the watermark: those of their instruments, and the
/// acknowledgements of their partition, stand still for the rest of the run, so the next run delivers them again.
final class SinkRunner {
    private enum Step { case write, refuse, flush, mark }

    private let lane: SinkLane
    private let turn: SinkTurn
    private let environment: SinkEnvironment
    private var newest: SinkEnvironment.Marks = [:]
    /// By partition: last delivery that is durable, last one reported as durable.
    private var through: [UInt64]
    private var reported: [UInt64]
    private var faults: Set<Step> = []
    /// What the sink said of rows it had and has no more.
    private var damage: String?
    private var refusals = RefusedRows()
    private var flushTries = 0
    /// Whether rows were given up and no write has worked since: patience was spent, each batch has one try.
    private var isSpent = false
    private var hasWritten = false
    /// Kinds of call of which the last took longer than a sink should.
    private var slow: Set<FlowSnapshot.Call.Kind> = []

    init(lane: SinkLane, turn: SinkTurn, partitions: Int, environment: SinkEnvironment) {
        self.lane = lane
        self.turn = turn
        self.environment = environment
        through = Array(repeating: 0, count: partitions)
        reported = through
    }

    private var id: String { turn.plan.id }
    private var isOutOfTime: Bool { environment.isOutOfTime.isFired }

    /// Runs until everything was delivered or given up, or the turn is over; once time is up, what is left counts as `stopped`.
    func run() async {
        repeat {
            while !isOutOfTime, let item = await lane.next(turn) {
                await take(item)
                if environment.isRetired(id) { return lane.giveUp(turn) }
                if lane.isDue(rows: environment.flushRows) { await flush() }
            }
        } while await !finish()
        if isOutOfTime, !turn.isOver.isFired { lane.dropRest("stopped") }
    }

    // MARK: Writing

    private func take(_ item: SinkItem) async {
        guard !item.batches.isEmpty else { return lane.wrote(item, rest: nil, turn) }
        for position in item.batches.indices {
            let after = item.with(Array(item.batches[(position + 1)...]))
            guard await write(item.batches[position], before: after) else { return }
        }
    }

    /// Writes a batch until every row was taken, refused or given up; `false` where it is left to the next turn.
    private func write(_ batch: RecordBatch, before after: SinkItem) async -> Bool {
        var rest = batch
        var tries = isSpent ? (environment.patience ?? SinkEnvironment.budget) - 1 : 0
        while !isOutOfTime {
            tries += 1
            do {
                let size = rest.count
                guard
                    let left = note(
                        try await called(.sink, rest.count, after.trace) { () async throws(PluginError) in
                            try await turn.plan.sink.write(rest)
                        }, of: rest, before: after)
                else { return true }
                rest = left
                if rest.count < size { tries = 1 }
                if !environment.isPatient(tries) {
                    return giveUp(rest, before: after, "asked for \(rest.count) rows again \(tries) times")
                }
                // Once or twice is how a sink slows the host down.
                if tries > 2 { failed(.write, "sink/\(id): it asks for \(rest.count) rows again and again.") }
            } catch {
                if turn.isOver.isFired { return false }
                if isOutOfTime {
                    return drop(rest, before: after, error.code == .cancelled ? "unconfirmed" : "stopped")
                }
                failed(.write, error)
                if environment.isRetired(id) { return false }
                if !environment.canRetry(error, after: tries) { return drop(rest, before: after, "write_failed") }
                guard await settle() else { return false }
            }
            await environment.pause(after: tries, or: turn.isOver)
            if turn.isOver.isFired { return false }
        }
        return drop(rest, before: after, "stopped")
    }

    /// Notes what a sink did with rows; returns those to offer again, if any.
    private func note(_ answer: WriteReceipt, of rows: RecordBatch, before after: SinkItem) -> RecordBatch? {
        let receipt = CheckedReceipt(answer, rows: rows.count)
        lane.refuse(receipt.rejected, turn)
        let taken = receipt.taken.map { rows.selecting($0) } ?? rows
        let rest = receipt.retry.isEmpty ? nil : rows.selecting(receipt.retry)
        advance(taken.count > 0 ? [taken] : [], rest, after)
        // A sink that was told how it stands would refuse that too, without end.
        if rows.kind != .status { tell(receipt, taken: taken.count, of: rows.kind) }
        if rest == nil {
            isSpent = false
            recovered(.write)
        }
        return rest
    }

    /// Says that a sink takes no row of a kind, or that it takes them again.
    private func tell(_ receipt: CheckedReceipt, taken: Int, of kind: RecordKind) {
        refusals.note(receipt.rejected, taken: taken, of: kind)
        guard let message = refusals.message else { return recovered(.refuse) }
        failed(.refuse, "sink/\(id): \(message)")
    }

    private func giveUp(_ rest: RecordBatch, before after: SinkItem, _ what: String) -> Bool {
        failed(.write, "sink/\(id): \(what); they were given up.")
        return drop(rest, before: after, "write_failed")
    }

    private func drop(_ rest: RecordBatch, before after: SinkItem, _ reason: String) -> Bool {
        isSpent = true
        lane.drop(rest, of: after, reason, turn)
        advance([], nil, after)
        return true
    }

    /// Says what of the item in hand was written, and what is left of it.
    private func advance(_ taken: [RecordBatch], _ rest: RecordBatch?, _ after: SinkItem) {
        let left = (rest.map { [$0] } ?? []) + after.batches
        let isDone = left.isEmpty
        lane.wrote(after.with(taken, isLast: isDone && after.isLast), rest: isDone ? nil : after.with(left), turn)
    }

    // MARK: Flushing

    /// Flushes at the end; returns whether there is nothing more to do.
    private func finish() async -> Bool {
        let isFlushed = await flush()
        return isFlushed || turn.isOver.isFired || isOutOfTime
    }

    /// Forgets marks that are stored; the room they took stays for the next.
    private func forgetMarks() {
        // `indices` would own the marks too, and each would be copied.
        var index = newest.startIndex
        while index < newest.endIndex {
            newest.values[index].removeAll(keepingCapacity: true)
            newest.formIndex(after: &index)
        }
    }

    /// Makes what was written durable, moves the watermark, reports deliveries; returns whether all of that was done.
    @discardableResult
    private func flush() async -> Bool {
        let start = ContinuousClock.now
        guard await makeDurable() else { return false }
        confirm(since: start)
        do {
            if newest.contains(where: { !$0.value.isEmpty }) { try await environment.advance(lane.plan, newest) }
        } catch {
            failed(.mark, error.message)
            flushTries += 1
            guard environment.canRetry(error, after: flushTries) else {
                newest = [:]
                return true
            }
            await environment.pause(after: flushTries, or: turn.isOver)
            return false
        }
        forgetMarks()
        flushTries = 0
        recovered(.mark)
        for partition in through.indices where through[partition] > reported[partition] {
            reported[partition] = through[partition]
            await environment.acknowledge(lane.index, partition, through[partition])
        }
        return true
    }

    private func makeDurable() async -> Bool {
        guard lane.writtenRows > 0 else { return true }
        do {
            try await called(.flush) { () async throws(PluginError) in try await turn.plan.sink.flush() }
            recovered(.flush)
            return true
        } catch {
            // The next turn writes it again.
            if turn.isOver.isFired { return false }
            flushTries += 1
            if !isOutOfTime { failed(.flush, error) }
            if environment.canRetry(error, after: flushTries) {
                lane.repeatWritten(turn)
                await environment.pause(after: flushTries, or: turn.isOver)
            } else {
                lane.loseWritten(turn)
                flushTries = 0
            }
            return false
        }
    }

    /// After a write that threw: makes durable what was written before it, or lets all of that be written again; returns whether
    /// what is in hand goes on.
    ///
    /// What the sink still held may be gone with whatever made the write fail; nothing is added behind such a gap. Where what
    /// was written is given up, what is in hand stays there.
    private func settle() async -> Bool {
        let start = ContinuousClock.now
        guard await makeDurable() else { return lane.hasHand(turn) }
        confirm(since: start)
        return true
    }

    /// Notes what a flush that began then has made durable.
    private func confirm(since start: ContinuousClock.Instant) {
        for item in lane.confirm(turn) {
            if let trace = item.trace, item.rows > 0 {
                let span = Int64(start.duration(to: .now) / .nanoseconds(1))
                trace.note(.flush, id, since: trace.now - span, rows: item.rows)
            }
            note(item)
        }
    }

    private func note(_ item: SinkItem) {
        if item.isLast, lane.hold.allows(item.sequence, of: item.partition) {
            through[item.partition] = max(through[item.partition], item.sequence)
        }
        lane.hold.raise(&newest, by: item)
    }

    private func called<Value: Sendable>(
        _ kind: FlowSnapshot.Call.Kind, _ rows: Int = 0, _ trace: DeliveryTrace? = nil,
        _ call: () async throws(PluginError) -> Value
    ) async throws(PluginError) -> Value {
        turn.calls.add(1, ordering: .relaxed)
        let start = ContinuousClock.now
        let since = trace?.now ?? 0
        defer {
            let span = start.duration(to: .now)
            lane.measured(kind, span)
            turn.calls.add(1, ordering: .relaxed)
            if span < SinkWatch.usual { slow.remove(kind) } else { slow.insert(kind) }
        }
        do throws(PluginError) {
            let value = try await call()
            trace?.note(.write, id, since: since, rows: rows)
            return value
        } catch {
            trace?.note(.write, id, since: since, rows: rows, fault: error.message)
            throw error
        }
    }

    // MARK: Health

    private func failed(_ step: Step, _ error: PluginError) {
        if error.code == .corrupted { damage = error.message }
        failed(step, error.message)
    }

    private func failed(_ step: Step, _ message: String) {
        faults.insert(step)
        environment.report(id, .degraded, message)
    }

    /// Says that a sink works again, once everything of it does; one that misses rows of this run, or lost
    /// rows it had, is not `ok` before the next.
    private func recovered(_ step: Step) {
        // One whose every call takes long is not well between two of them.
        guard slow.isEmpty || !lane.isLate.load(ordering: .relaxed) else {
            faults.remove(step)
            hasWritten = hasWritten || step == .write
            return
        }
        let wasLate = lane.isLate.exchange(false, ordering: .relaxed)
        let isFirst = step == .write && !hasWritten
        hasWritten = hasWritten || isFirst
        let isNews = faults.remove(step) != nil || wasLate || isFirst
        guard isNews, faults.isEmpty else { return }
        if let damage { return environment.report(id, .degraded, damage) }
        guard lane.hold.isHolding else { return environment.report(id, .ok, "") }
        environment.report(
            id, .degraded,
            "sink/\(id): rows of this run were given up; its counters say how many, and the next run delivers them.")
    }
}
