import CivilTime
import PluginKit
import RecordText

/// Rows of a batch in the binary form of COPY, without its head and end: <https://www.postgresql.org/docs/current/sql-copy.html>.
struct CopyChunk: Sendable, Hashable {
    let kind: RecordKind
    /// Names of the further numbers, in the order of the cells.
    let further: [String]
    /// Months that rows are of, counted from year 0; empty where nobody asked.
    let months: Set<Int>
    let bytes: [UInt8]

    /// What every copy begins with: signature, no flags, nothing more.
    static let head = Array("PGCOPY\n".utf8) + [0xFF, 0x0D, 0x0A, 0] + [UInt8](repeating: 0, count: 8)
    /// What every copy ends with.
    static let end: [UInt8] = [0xFF, 0xFF]
}

/// Turns batches into chunks; remembers the names it looked up.
struct CopyEncoder {
    private let instruments: any InstrumentDirectory
    private let layouts: [RecordKind: RecordLayout]
    private let countsMonths: Bool
    private var names: [InstrumentID: CopyBytes] = [:]
    private var bytes = CopyBytes()

    init(instruments: any InstrumentDirectory, layouts: [RecordKind: RecordLayout], countsMonths: Bool) {
        self.instruments = instruments
        self.layouts = layouts
        self.countsMonths = countsMonths
    }

    /// Returns the rows that can be stored, and why the others cannot.
    mutating func encode(_ batch: RecordBatch) -> (chunk: CopyChunk, rejected: [WriteReceipt.Rejection]) {
        let table = batch.table
        let further = Self.furtherNames(table)
        let frame = Frame(batch, table, width: (layouts[batch.kind]?.columns.count ?? 0) + further.count)
        bytes.content.removeAll(keepingCapacity: true)
        var rejected: [WriteReceipt.Rejection] = []
        var months = MonthSet()
        for row in 0..<table.count {
            let start = bytes.content.count
            if let reason = encode(row, of: batch, frame) {
                bytes.content.removeSubrange(start...)
                rejected.append(.init(row: row, reason: reason))
            } else if countsMonths {
                months.insert(table.time(row))
            }
        }
        let chunk = CopyChunk(kind: batch.kind, further: further, months: months.all, bytes: bytes.content)
        return (chunk, rejected)
    }

    /// Appends a row; returns why it cannot be stored, with part of it appended.
    private mutating func encode(_ row: Int, of batch: RecordBatch, _ frame: Frame) -> String? {
        bytes.append(Int16(frame.width))
        bytes.append(frame.pipeline)
        bytes.append(name(of: frame.table.instrument(row)))
        bytes.append(frame.timeframe)
        bytes.append(instant: frame.table.time(row), isKey: true)
        for constant in frame.constants { bytes.append(constant) }
        for column in frame.columns {
            if let reason = append(column, row) { return reason }
        }
        bytes.append(frame.source)
        bytes.append(cell: Int64(truncatingIfNeeded: batch.sequence))
        if batch.kind.rows.repeats { bytes.append(cell: batch.places.isEmpty ? 0 : Int64(batch.places[row])) }
        for column in frame.columns { appendFurther(column.cells, row) }
        return nil
    }

    private mutating func append(_ column: RecordTable.Column, _ row: Int) -> String? {
        switch column.cells {
        case .time(let get): bytes.append(instant: get(row), isKey: column.description.marks.contains(.key))
        case .integer(let get): bytes.append(cell: get(row))
        case .real(let get):
            let number = get(row)
            if number.isNaN, column.description.marks.contains(.required) { return "missing_number" }
            bytes.append(cell: number)
        case .text(let get):
            let text = get(row)
            // The one character that PostgreSQL's texts cannot hold.
            if text.utf8.contains(0) { return "nul_character" }
            bytes.append(cell: text)
        case .word(let words, let get): bytes.append(cell: words[Int(get(row))])
        case .flags(let get): bytes.append(cell: get(row).names.joined(separator: " "))
        case .instrument, .reals: break
        }
        return nil
    }

    private mutating func appendFurther(_ cells: RecordTable.Cells, _ row: Int) {
        guard case .reals(let names, let get) = cells else { return }
        for column in names.indices { bytes.append(cell: get(row, column)) }
    }

    private mutating func name(of id: InstrumentID?) -> CopyBytes {
        guard let id else { return CopyBytes(text: "") }
        if let known = names[id] { return known }
        let name = CopyBytes(text: instruments.instrument(id).description)
        names[id] = name
        return name
    }

    private static func furtherNames(_ table: RecordTable) -> [String] {
        let fixed = RecordTable.fixedNames(table.kind)
        return table.ownColumns.flatMap { column -> [String] in
            guard case .reals(let names, _) = column.cells else { return [] }
            return RecordTable.flatNames(names, of: column.description, beside: fixed)
        }
    }

    /// What all rows of a batch share, ready to be appended.
    private struct Frame {
        let table: RecordTable
        let width: Int
        let pipeline: CopyBytes
        let timeframe: CopyBytes
        let source: CopyBytes
        let constants: [CopyBytes]
        let columns: [RecordTable.Column]

        init(_ batch: RecordBatch, _ table: RecordTable, width: Int) {
            self.table = table
            self.width = width
            pipeline = CopyBytes(text: batch.pipeline)
            timeframe = CopyBytes(text: batch.timeframe.description)
            source = CopyBytes(text: batch.source)
            constants = table.constants.map { CopyBytes(text: $0.value) }
            columns = table.ownColumns
        }
    }
}

/// The months of instants, one look-up a month where rows come in order.
private struct MonthSet {
    private(set) var all: Set<Int> = []
    private var days: Range<Int64> = 0..<0
    private static let day: Int64 = 86_400_000_000_000

    mutating func insert(_ time: Int64) {
        let day = (time - (time % Self.day + Self.day) % Self.day) / Self.day
        guard !days.contains(day) else { return }
        let date = UTCTime(nanoseconds: time).date
        all.insert(date.year * 12 + date.month - 1)
        days = day..<day + 1
    }
}

/// Cells in the binary form of COPY: their length and their bytes, the most significant first.
struct CopyBytes: Sendable {
    var content: [UInt8] = []

    init() {}

    /// The cell of a text.
    init(text: String) { append(cell: text) }

    mutating func append(_ other: CopyBytes) { content.append(contentsOf: other.content) }

    mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.bigEndian) { content.append(contentsOf: $0) }
    }

    mutating func append(cell text: String) {
        append(Int32(text.utf8.count))
        content.append(contentsOf: text.utf8)
    }

    mutating func append(cell number: Int64) {
        append(Int32(8))
        append(number)
    }

    /// Appends a number, NULL for NaN.
    mutating func append(cell number: Double) {
        guard !number.isNaN else { return append(Int32(-1)) }
        append(Int32(8))
        append(number.bitPattern)
    }

    /// Appends an instant, microseconds since 2000, and in a key what is below a microsecond.
    mutating func append(instant time: Int64, isKey: Bool) {
        let below = (time % 1_000 + 1_000) % 1_000
        append(cell: (time - below) / 1_000 - 946_684_800_000_000)
        guard isKey else { return }
        append(Int32(2))
        append(Int16(below))
    }
}
