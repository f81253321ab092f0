import GRDB
import PluginKit
import RecordText
import SQLiteFile

/// Writes the rows of one batch inside a transaction; a row that is there already is replaced.
struct RecordInserter {
    let batch: RecordBatch
    let instruments: any InstrumentDirectory

    /// Writes all rows it can; returns those that no later try can bring in.
    func insert(_ db: Database) throws -> [WriteReceipt.Rejection] {
        switch batch.content {
        case .bars(let bars): try insert(bars, db)
        case .features(let features): try insert(features, db)
        case .predictions(let predictions): try insert(predictions, db)
        case .alerts(let alerts): try insert(alerts, db)
        case .status(let status): try insert(status, db)
        }
    }

    private func insert(_ bars: [Bar], _ db: Database) throws -> [WriteReceipt.Rejection] {
        let row = try BulkStatement(db, Self.sql("bars", 13))
        bindHead(row)
        return try each(row) { index in
            let bar = bars[index]
            row.bind(6, bar.open)
            row.bind(7, bar.high)
            row.bind(8, bar.low)
            row.bind(9, bar.close)
            row.bind(10, bar.volume)
            row.bind(11, bar.amount)
            row.bind(12, Self.text(bar.flags))
            row.bind(13, sequence)
        }
    }

    private func insert(_ features: FeatureBatch, _ db: Database) throws -> [WriteReceipt.Rejection] {
        let row = try BulkStatement(db, Self.sql("features", 8))
        bindHead(row)
        let keys = features.schema.names.map(JSONText.key)
        return try each(row) { index in
            var object: [UInt8] = []
            let values = features.values[index * keys.count..<(index + 1) * keys.count]
            JSONText.append(keys: keys, values: values, to: &object)
            row.bind(6, utf8: object)
            row.bind(7, Self.text(features.rows[index].flags))
            row.bind(8, sequence)
        }
    }

    private func insert(_ predictions: PredictionBatch, _ db: Database) throws -> [WriteReceipt.Rejection] {
        let row = try BulkStatement(db, Self.sql("predictions", 12))
        bindHead(row)
        row.bind(6, predictions.model)
        row.bind(7, predictions.target)
        let keys = predictions.outputs.dropFirst().map { JSONText.key($0.name) }
        let width = predictions.outputs.count
        return try each(row) { index in
            let prediction = predictions.rows[index]
            row.bind(8, prediction.value)
            row.bind(9, prediction.price)
            if keys.isEmpty {
                row.bindNull(10)
            } else {
                var object: [UInt8] = []
                let values = predictions.values[index * width + 1..<(index + 1) * width]
                JSONText.append(keys: keys, values: values, to: &object)
                row.bind(10, utf8: object)
            }
            row.bind(11, Self.text(prediction.flags))
            row.bind(12, sequence)
        }
    }

    private func insert(_ alerts: [Alert], _ db: Database) throws -> [WriteReceipt.Rejection] {
        let row = try BulkStatement(db, Self.sql("alerts", 8))
        row.bind(1, batch.pipeline)
        row.bind(2, batch.source)
        return try collect { index in
            let alert = alerts[index]
            row.bind(3, alert.instrument.map { instruments.instrument($0).description } ?? "")
            row.bind(4, alert.time)
            row.bind(5, alert.rule)
            row.bind(6, alert.message)
            row.bind(7, alert.severity.rawValue)
            row.bind(8, sequence)
            try row.run()
        }
    }

    private func insert(_ status: [StatusRecord], _ db: Database) throws -> [WriteReceipt.Rejection] {
        let row = try BulkStatement(db, Self.sql("status", 6))
        row.bind(1, batch.pipeline)
        return try collect { index in
            row.bind(2, status[index].component)
            row.bind(3, status[index].time)
            row.bind(4, status[index].state)
            row.bind(5, status[index].message)
            row.bind(6, sequence)
            try row.run()
        }
    }

    private func bindHead(_ row: borrowing BulkStatement) {
        row.bind(1, batch.pipeline)
        row.bind(2, batch.source)
        row.bind(4, batch.timeframe.description)
    }

    /// Runs the statement for each row after binding its instrument, its time and what `bind` binds.
    private func each(
        _ row: borrowing BulkStatement, _ bind: (Int) -> Void
    ) throws -> [WriteReceipt.Rejection] {
        var names: [InstrumentID: String] = [:]
        var rejected: [WriteReceipt.Rejection] = []
        for index in 0..<batch.count {
            guard let id = batch.instrument(at: index) else { continue }
            let name = names[id] ?? instruments.instrument(id).description
            names[id] = name
            row.bind(3, name)
            row.bind(5, batch.time(at: index))
            bind(index)
            do { try row.run() } catch let error as DatabaseError {
                rejected.append(.init(row: index, reason: try Self.reason(error)))
            }
        }
        return rejected
    }

    private func collect(_ run: (Int) throws -> Void) throws -> [WriteReceipt.Rejection] {
        var rejected: [WriteReceipt.Rejection] = []
        for index in 0..<batch.count {
            do { try run(index) } catch let error as DatabaseError {
                rejected.append(.init(row: index, reason: try Self.reason(error)))
            }
        }
        return rejected
    }

    /// Returns why a row cannot be stored; throws what is no fault of the row.
    private static func reason(_ error: DatabaseError) throws -> String {
        switch error.resultCode {
        case .SQLITE_CONSTRAINT: return "missing_number"
        case .SQLITE_TOOBIG: return "too_big"
        default: throw error
        }
    }

    /// Sequence numbers stay below 2^63 in any run; the cast cannot trap.
    private var sequence: Int64 { Int64(truncatingIfNeeded: batch.sequence) }

    private static func text(_ flags: EventFlags) -> String { flags.names.joined(separator: " ") }

    private static func sql(_ table: String, _ columns: Int) -> String {
        let places = Array(repeating: "?", count: columns).joined(separator: ", ")
        return "INSERT OR REPLACE INTO \(table) VALUES (\(places))"
    }
}
