import CivilTime
import ParquetFile
import PluginKit
import RecordText

/// What of time one file holds.
enum TimePart: String, Sendable {
    case year, month, day

    /// The folders of an instant, and the days since 1970 that are in them.
    func folders(of time: Int64) -> String {
        let date = UTCTime(nanoseconds: time).date
        let two = { (number: Int) in number < 10 ? "0\(number)" : "\(number)" }
        let year = "year=\(date.year)"
        return switch self {
        case .year: year
        case .month: "\(year)/month=\(two(date.month))"
        case .day: "\(year)/month=\(two(date.month))/day=\(two(date.day))"
        }
    }
}

/// Turns batches of records into tables, one for each file they belong to.
struct PartEncoder {
    private let instruments: any InstrumentDirectory
    private let part: TimePart
    private var names: [InstrumentID?: String] = [:]

    init(instruments: any InstrumentDirectory, part: TimePart) {
        self.instruments = instruments
        self.part = part
    }

    /// Returns the tables, in the order in which their files first come.
    mutating func encode(_ batch: RecordBatch) -> [(file: PartFile, table: ParquetTable)] {
        let table = batch.table
        var rows: [(file: PartFile, places: [Int])] = []
        var indices: [PartFile: Int] = [:]
        for row in 0..<table.count {
            let folder = "\(name(of: table.instrument(row)))/\(part.folders(of: table.time(row)))"
            let file = PartFile(kind: batch.kind, folder: folder, pipeline: batch.pipeline)
            if let index = indices[file] {
                rows[index].places.append(row)
            } else {
                indices[file] = rows.count
                rows.append((file, [row]))
            }
        }
        return rows.map { ($0.file, Self.select($0.places, of: batch, table)) }
    }

    /// `instrument=AAPL.US`, as Hive writes it: what folders cannot have is written in hexadecimal digits.
    private mutating func name(of id: InstrumentID?) -> String {
        if let known = names[id] { return known }
        let text = id.map { instruments.instrument($0).description } ?? "__HIVE_DEFAULT_PARTITION__"
        var name = "instrument="
        for byte in text.utf8 {
            if byte > 0x20, byte < 0x7F, !"\"#%'*/:=?\\{[]^".utf8.contains(byte) {
                name.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                name += "%" + (digits.count < 2 ? "0" : "") + digits
            }
        }
        names[id] = name
        return name
    }

    private static func select(_ rows: [Int], of batch: RecordBatch, _ table: RecordTable) -> ParquetTable {
        let shared = { (name: String, text: String) in
            ParquetTable.Column(name, .texts(Array(repeating: text, count: rows.count)))
        }
        var columns = [shared("pipeline", batch.pipeline), shared("timeframe", batch.timeframe.description)]
        columns.append(.init("time", .times(rows.map { table.time($0) })))
        columns += table.constants.map { shared($0.description.name, $0.value) }
        let fixed = RecordTable.fixedNames(table.kind)
        for column in table.ownColumns { columns += cells(column, rows, fixed) }
        columns.append(shared("source", batch.source))
        let sequence = Int64(truncatingIfNeeded: batch.sequence)
        columns.append(.init("sequence", .integers(rows.map { _ in sequence })))
        if batch.kind.rows.repeats {
            columns.append(.init("place", .integers(rows.map { batch.places.isEmpty ? 0 : Int64(batch.places[$0]) })))
        }
        return ParquetTable(columns)
    }

    private static func cells(
        _ column: RecordTable.Column, _ rows: [Int], _ fixed: Set<String>
    ) -> [ParquetTable.Column] {
        let name = column.description.name
        switch column.cells {
        case .time(let get): return [.init(name, .times(rows.map(get)))]
        case .integer(let get): return [.init(name, .integers(rows.map(get)))]
        case .real(let get): return [.init(name, .numbers(rows.map(get)))]
        case .text(let get): return [.init(name, .texts(rows.map(get)))]
        case .word(let words, let get): return [.init(name, .texts(rows.map { words[Int(get($0))] }))]
        case .flags(let get): return [.init(name, .texts(rows.map { get($0).names.joined(separator: " ") }))]
        case .instrument: return []
        case .reals(let names, let get):
            return RecordTable.flatNames(names, of: column.description, beside: fixed).enumerated().map { place, name in
                .init(name, .numbers(rows.map { get($0, place) }))
            }
        }
    }
}

/// Tables that wait for a flush, by the file they belong to.
struct PendingParts {
    private var tables: [PartFile: [ParquetTable]] = [:]
    private var order: [PartFile] = []
    private var hasFailed = false

    var isEmpty: Bool { order.isEmpty }
    var all: [(file: PartFile, tables: [ParquetTable])] { order.map { ($0, tables[$0] ?? []) } }

    mutating func add(_ parts: [(file: PartFile, table: ParquetTable)]) {
        for (file, table) in parts {
            if tables[file] == nil { order.append(file) }
            let before = tables[file] ?? []
            // What the host writes again after a fault takes the place of what is here.
            tables[file] = hasFailed ? [ParquetTable.merging(before + [table], key: file.key)] : before + [table]
        }
    }

    /// Notes that some of it was not stored: the host may write it again, with what was.
    mutating func noteFailure() { hasFailed = true }

    /// Lets go of the first tables of a file, which are stored.
    mutating func confirm(_ file: PartFile, _ count: Int) {
        tables[file]?.removeFirst(count)
        guard tables[file]?.isEmpty ?? true else { return }
        tables[file] = nil
        order.removeAll { $0 == file }
        if order.isEmpty { hasFailed = false }
    }
}
