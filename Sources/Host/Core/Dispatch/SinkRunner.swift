import PluginKit

/// Feeds one sink from its queue: writes, tries again, flushes, and only then moves the watermark.
///
/// Rows that are given up stay behind the watermark: those of their instruments, and the acknowledgements of their
/// partition, stand still for the rest of the run, so the next run delivers them again.
final class SinkRunner {
    private enum Step { case write, flush }

    /// What became of a batch that was not taken whole.
    private enum Rest {
        /// Rows that were given up.
        case givenUp(RecordBatch)
        /// Rows left for the lane that takes over.
        case left(RecordBatch)
    }

    private let lane: SinkLane
    private let environment: SinkEnvironment
    private var newest: [InstrumentID: Int64] = [:]
    /// By partition: last delivery handled whole, last one reported as durable.
    private var through: [UInt64]
    private var reported: [UInt64]
    private var rowsSinceFlush = 0
    private var faults: Set<Step> = []
    /// Whether rows were given up and no write has worked since: patience was spent, each batch has one try.
    private var isSpent = false

    init(lane: SinkLane, partitions: Int, environment: SinkEnvironment) {
        self.lane = lane
        self.environment = environment
        through = Array(repeating: 0, count: partitions)
        reported = through
    }

    /// Runs until the queue is finished and empty, or another lane takes over; once time is up, what is left is counted as
    /// `stopped`.
    func run() async {
        while let item = await lane.next() {
            await take(item)
            if lane.isIdle || rowsSinceFlush >= environment.flushRows { _ = await flush() }
        }
        await flushLast()
    }

    private func take(_ item: SinkItem) async {
        for (position, batch) in item.batches.enumerated() {
            switch await write(batch) {
            case nil: break
            case .givenUp(let rest): lane.hold.hold(rest, partition: item.partition)
            case .left(let rest): return lane.leave(item.rest([rest] + item.batches[(position + 1)...]))
            }
        }
        rowsSinceFlush += item.rows
        if lane.hold.allows(partition: item.partition) {
            through[item.partition] = max(through[item.partition], item.sequence)
        }
        // Only now: the batches are about the same bars, and one of them may have been given up.
        for batch in item.batches { note(batch) }
    }

    private func note(_ batch: RecordBatch) {
        var times: [InstrumentID: Int64] = [:]
        for (time, instrument) in batch.eventTimes ?? [] {
            if let instrument { times[instrument] = max(times[instrument] ?? .min, time) }
        }
        newest.merge(lane.hold.allowed(times)) { max($0, $1) }
    }

    // MARK: Writing

    /// Writes until every row was taken or refused; returns rows that were not, if any.
    private func write(_ batch: RecordBatch) async -> Rest? {
        var rest = batch
        var tries = isSpent ? (environment.patience ?? 1) - 1 : 0
        while !environment.isOutOfTime.isFired {
            tries += 1
            do {
                let receipt = CheckedReceipt(try await lane.plan.sink.write(rest), rows: rest.count)
                lane.finish(delivered: receipt.taken, refused: receipt.rejected)
                if receipt.retry.isEmpty {
                    isSpent = false
                    recovered(.write)
                    return nil
                }
                if receipt.retry.count < rest.count { tries = 1 }
                rest = rest.selecting(receipt.retry)
                if !environment.isPatient(tries) { return giveUp(rest, after: tries) }
            } catch {
                if environment.isOutOfTime.isFired { break }
                if lane.isHandedOver.isFired { return .left(rest) }
                failed(.write, error)
                if !environment.canRetry(error, after: tries) { return drop(rest, "write_failed") }
            }
            if lane.isHandedOver.isFired { return .left(rest) }
            await environment.pause(after: tries, or: lane.isHandedOver)
            if lane.isHandedOver.isFired { return .left(rest) }
        }
        return drop(rest, "stopped")
    }

    private func giveUp(_ rest: RecordBatch, after tries: Int) -> Rest {
        let message = "sink/\(lane.plan.id): asked for \(rest.count) rows again \(tries) times; they were given up."
        environment.report(lane.plan.id, .degraded, message)
        faults.insert(.write)
        return drop(rest, "write_failed")
    }

    private func drop(_ rest: RecordBatch, _ reason: String) -> Rest {
        isSpent = true
        lane.drop(rest.count, reason)
        return .givenUp(rest)
    }

    // MARK: Flushing

    /// Makes what was written durable, moves the watermark, reports deliveries; returns the fault that kept it from that.
    private func flush() async -> PluginError? {
        do {
            if rowsSinceFlush > 0 { try await lane.plan.sink.flush() }
            if !newest.isEmpty { try await environment.advance(lane, newest) }
        } catch {
            if !environment.isOutOfTime.isFired { failed(.flush, error) }
            return error
        }
        recovered(.flush)
        newest.removeAll(keepingCapacity: true)
        rowsSinceFlush = 0
        for partition in through.indices where through[partition] > reported[partition] {
            reported[partition] = through[partition]
            await environment.acknowledge(lane.index, partition, through[partition])
        }
        return nil
    }

    /// Flushes at the end of the run: tries again while that can help and time is left.
    private func flushLast() async {
        var tries = 1
        while let error = await flush() {
            // What was written and is perhaps not durable is delivered again by the next run.
            guard !lane.isHandedOver.isFired else { return lane.hold.holdAll() }
            guard environment.canRetry(error, after: tries) else { return }
            await environment.pause(after: tries, or: lane.isHandedOver)
            guard !environment.isOutOfTime.isFired else { return }
            tries += 1
        }
    }

    // MARK: Health

    private func failed(_ step: Step, _ error: PluginError) {
        faults.insert(step)
        environment.report(lane.plan.id, .degraded, error.message)
    }

    private func recovered(_ step: Step) {
        guard faults.remove(step) != nil, faults.isEmpty else { return }
        environment.report(lane.plan.id, .ok, "")
    }
}

/// A sink's receipt with each row named at most once, and no row that does not exist.
private struct CheckedReceipt {
    var rejected: [WriteReceipt.Rejection] = []
    var retry: [Int] = []
    let taken: Int

    init(_ receipt: WriteReceipt, rows: Int) {
        guard !receipt.rejected.isEmpty || !receipt.retry.isEmpty else {
            taken = rows
            return
        }
        var isOpen = Array(repeating: true, count: rows)
        for rejection in receipt.rejected where isOpen.indices.contains(rejection.row) && isOpen[rejection.row] {
            isOpen[rejection.row] = false
            rejected.append(rejection)
        }
        for row in receipt.retry where isOpen.indices.contains(row) && isOpen[row] {
            isOpen[row] = false
            retry.append(row)
        }
        retry.sort()
        taken = rows - rejected.count - retry.count
    }
}
