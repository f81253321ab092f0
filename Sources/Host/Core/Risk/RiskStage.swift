package import PluginKit

/// Flags predictions that rest on stale or holed data and raises an alert for each.
///
/// One rule today: a prediction is flagged when its bar is older than `maxAge` by the pipeline's clock, or when a record of
/// its instrument was rejected just before it. The prediction still goes out; who trades on it sees the flag.
package struct RiskStage: Sendable {
    private let maxAge: Int64?

    /// Creates the stage; `maxAge` in nanoseconds, `nil` for no age limit.
    package init(maxAge: Int64?) { self.maxAge = maxAge }

    /// Returns the batch with flags set, and appends an alert for each flagged row.
    ///
    /// - Parameters:
    ///   - keys: the rows the predictions were made from; each prediction's row is among them, in the same order.
    ///   - clock: the pipeline's clock at each of the rows.
    package func process(
        _ batch: PredictionBatch, from keys: [RowKey], clock: ArrivalClock, alerts: inout [Alert]
    ) -> PredictionBatch {
        var flagged: [(row: Int, flags: EventFlags, age: Int64)] = []
        var position = 0
        for (index, row) in batch.rows.enumerated() {
            while !isMade(row, from: keys[position]) { position += 1 }
            let age = clock.age(of: row.time, at: position)
            let flags = verdict(row, age)
            if !flags.isEmpty { flagged.append((index, flags, age)) }
        }
        guard !flagged.isEmpty else { return batch }
        var rows = batch.rows
        for (index, flags, age) in flagged {
            rows[index].flags.formUnion(flags)
            alerts.append(alert(rows[index], flags, batch.model, age))
        }
        return PredictionBatch(
            model: batch.model, target: batch.target, outputs: batch.outputs, rows: rows, values: batch.values)
    }

    private func isMade(_ row: Prediction, from key: RowKey) -> Bool {
        row.time == key.time && row.instrument == key.instrument
    }

    private func verdict(_ row: Prediction, _ age: Int64) -> EventFlags {
        var flags = row.flags.intersection([.stale, .afterRejected])
        if let maxAge, age > maxAge { flags.insert(.stale) }
        return flags
    }

    private func alert(_ row: Prediction, _ flags: EventFlags, _ model: String, _ age: Int64) -> Alert {
        if flags.contains(.stale) {
            return Alert(
                time: row.time, rule: "stale_prediction", severity: .warning, instrument: row.instrument,
                message: "model/\(model): the bar behind the prediction is \(Double(age) / 1e9) s old, more than its "
                    + "route or the pipeline's risk rule accepts.")
        }
        return Alert(
            time: row.time, rule: "prediction_after_rejected", severity: .warning, instrument: row.instrument,
            message: "model/\(model): the record before this bar was rejected; the features saw a hole.")
    }
}
