import GRDB
import PluginKit
import RecordText
import SQLiteFile

/// Writes batches inside transactions; a row that is there already is replaced. Remembers the numbers of names.
///
/// Used from one connection's queue only; `forget` after a transaction that was not committed.
struct RecordInserter {
    private struct Series: Hashable {
        let pipeline: String
        let timeframe: Timeframe
        let instrument: InstrumentID?
    }

    /// Most columns of further numbers of a table: SQLite has room for 2,000 columns in all.
    private static let limit = 1_900

    private let instruments: any InstrumentDirectory
    private let layouts: [RecordKind: RecordLayout]
    private var names: [String: Int64] = [:]
    private var series: [Series: Int64] = [:]
    private var further: [RecordKind: [String]] = [:]

    init(instruments: any InstrumentDirectory) {
        self.instruments = instruments
        layouts = Dictionary(uniqueKeysWithValues: RecordKind.allCases.map { ($0, RecordLayout($0)) })
    }

    /// Forgets what a transaction may have taken back.
    mutating func forget() {
        names = [:]
        series = [:]
        further = [:]
    }

    /// Writes all rows it can; returns those that no later try can bring in.
    mutating func insert(_ batch: RecordBatch, _ db: Database) throws -> [WriteReceipt.Rejection] {
        guard let layout = layouts[batch.kind] else { return [] }
        let table = batch.table
        let further = try furtherNames(table, layout, db)
        let row = try BulkStatement(db, layout.insertion(further))
        let source = try number(of: batch.source, db)
        let constants = try table.constants.map { try number(of: $0.value, db) }
        let columns = table.ownColumns
        let repeats = batch.kind.rows.repeats
        var rejected: [WriteReceipt.Rejection] = []
        for index in 0..<table.count {
            row.bind(1, try number(ofSeries: batch, table.instrument(index), db))
            row.bind(2, table.time(index))
            var place: Int32 = 3
            for constant in constants { bind(constant, row, &place) }
            for column in columns { try bind(column.cells, index, row, &place, db) }
            bind(source, row, &place)
            bind(Int64(truncatingIfNeeded: batch.sequence), row, &place)
            if repeats { bind(batch.places.isEmpty ? 0 : Int64(batch.places[index]), row, &place) }
            for column in columns { bindFurther(column.cells, index, row, &place) }
            do { try row.run() } catch let error as DatabaseError {
                rejected.append(.init(row: index, reason: try Self.reason(error)))
            }
        }
        return rejected
    }

    // MARK: Binding

    private func bind(_ value: Int64, _ row: borrowing BulkStatement, _ place: inout Int32) {
        row.bind(place, value)
        place += 1
    }

    private mutating func bind(
        _ cells: RecordTable.Cells, _ index: Int, _ row: borrowing BulkStatement, _ place: inout Int32, _ db: Database
    ) throws {
        switch cells {
        case .time(let get), .integer(let get): row.bind(place, get(index))
        case .real(let get): row.bind(place, get(index))
        case .text(let get): row.bind(place, try number(of: get(index), db))
        case .word(let words, let get): row.bind(place, try number(of: words[Int(get(index))], db))
        case .flags(let get): row.bind(place, try number(of: get(index).names.joined(separator: " "), db))
        case .instrument, .reals: return
        }
        place += 1
    }

    private func bindFurther(
        _ cells: RecordTable.Cells, _ index: Int, _ row: borrowing BulkStatement, _ place: inout Int32
    ) {
        guard case .reals(let names, let get) = cells else { return }
        for column in names.indices {
            row.bind(place, get(index, column))
            place += 1
        }
    }

    // MARK: Numbers of names

    private mutating func number(of name: String, _ db: Database) throws -> Int64 {
        if let known = names[name] { return known }
        try db.execute(sql: "INSERT OR IGNORE INTO names (name) VALUES (?)", arguments: [name])
        let id = try Int64.fetchOne(db, sql: "SELECT id FROM names WHERE name = ?", arguments: [name]) ?? 0
        names[name] = id
        return id
    }

    private mutating func number(
        ofSeries batch: RecordBatch, _ instrument: InstrumentID?, _ db: Database
    ) throws -> Int64 {
        let key = Series(pipeline: batch.pipeline, timeframe: batch.timeframe, instrument: instrument)
        if let known = series[key] { return known }
        let name = instrument.map { instruments.instrument($0).description } ?? ""
        let values: StatementArguments = [batch.pipeline, name, batch.timeframe.description]
        try db.execute(
            sql: "INSERT OR IGNORE INTO series (pipeline, instrument, timeframe) VALUES (?, ?, ?)", arguments: values)
        let id =
            try Int64.fetchOne(
                db, sql: "SELECT id FROM series WHERE pipeline = ? AND instrument = ? AND timeframe = ?",
                arguments: values) ?? 0
        series[key] = id
        return id
    }

    /// Returns the columns of a batch's further numbers, which the table has from now on.
    private mutating func furtherNames(
        _ table: RecordTable, _ layout: RecordLayout, _ db: Database
    ) throws -> [String] {
        var wanted: [String] = []
        let fixed = RecordTable.fixedNames(table.kind).union(["series"])
        for column in table.ownColumns {
            guard case .reals(let names, _) = column.cells else { continue }
            wanted += RecordTable.flatNames(names, of: column.description, beside: fixed)
        }
        guard !wanted.isEmpty else { return [] }
        let known = try further[table.kind] ?? layout.further(db)
        let missing = wanted.filter { !known.contains($0) }
        guard known.count + missing.count <= Self.limit else {
            throw TableFault(
                "would have \(known.count + missing.count) columns of \(table.kind.rawValue); allowed are \(Self.limit)",
                remedy: "Set another 'path' for some of the pipelines.")
        }
        if !missing.isEmpty { try layout.add(missing, to: known, db) }
        further[table.kind] = known + missing
        return wanted
    }

    /// Returns why a row cannot be stored; throws what is no fault of the row.
    private static func reason(_ error: DatabaseError) throws -> String {
        switch error.resultCode {
        case .SQLITE_CONSTRAINT: return "missing_number"
        case .SQLITE_TOOBIG: return "too_big"
        default: throw error
        }
    }
}
