import CivilTime
import JSONWriting
public import PluginKit

/// Writes records as JSON, one object a row.
///
/// Every object begins `{"kind", "pipeline", "source", "instrument", "time", "timeframe", "sequence"}`; what the kind says of
/// itself (`RecordBatch.table`) follows: texts of the whole batch, then the columns in order. Times are UTC
/// (`2013-03-01T21:00:00Z`), numbers the shortest that read back the same, `null` where there is none, flags a list of names,
/// features and further outputs an object of their own.
public struct RecordJSON {
    private let instruments: any InstrumentDirectory
    private var names: [InstrumentID: [UInt8]] = [:]

    /// Creates a writer; it remembers the names it looked up.
    public init(instruments: any InstrumentDirectory) { self.instruments = instruments }

    /// Hands over each row's object in order, without a line end; the buffer is used again for the next row.
    public mutating func forEachRow(of batch: RecordBatch, _ body: (_ row: Int, _ object: [UInt8]) -> Void) {
        let table = batch.table
        let head = Self.head(of: batch)
        let tail = Self.tail(of: batch, table.constants)
        let columns = table.ownColumns.compactMap(JSONColumn.init)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(512)
        for row in 0..<table.count {
            bytes.removeAll(keepingCapacity: true)
            bytes.append(contentsOf: head)
            appendName(of: table.instrument(row), to: &bytes)
            bytes.append(contentsOf: ",\"time\":\"".utf8)
            ISO8601.append(table.time(row), to: &bytes)
            bytes.append(contentsOf: tail)
            for column in columns { column.append(row, to: &bytes) }
            bytes.append(UInt8(ascii: "}"))
            body(row, bytes)
        }
    }

    private mutating func appendName(of id: InstrumentID?, to bytes: inout [UInt8]) {
        guard let id else {
            bytes.append(contentsOf: "null".utf8)
            return
        }
        if let known = names[id] {
            bytes.append(contentsOf: known)
            return
        }
        var name: [UInt8] = []
        JSONBytes.append(instruments.instrument(id).description, to: &name)
        names[id] = name
        bytes.append(contentsOf: name)
    }

    private static func head(of batch: RecordBatch) -> [UInt8] {
        var bytes = Array("{\"kind\":\"\(batch.kind.rawValue)\",\"pipeline\":".utf8)
        JSONBytes.append(batch.pipeline, to: &bytes)
        bytes.append(contentsOf: ",\"source\":".utf8)
        JSONBytes.append(batch.source, to: &bytes)
        bytes.append(contentsOf: ",\"instrument\":".utf8)
        return bytes
    }

    /// Everything between the time and a row's own fields: the same for the whole batch.
    private static func tail(of batch: RecordBatch, _ constants: [RecordTable.Constant]) -> [UInt8] {
        var bytes = Array("\",\"timeframe\":\"\(batch.timeframe)\",\"sequence\":\(batch.sequence)".utf8)
        for constant in constants {
            bytes.append(UInt8(ascii: ","))
            bytes.append(contentsOf: JSONBytes.key(constant.description.name))
            JSONBytes.append(constant.value, to: &bytes)
        }
        return bytes
    }
}

/// A column that is ready to be written again and again.
private struct JSONColumn {
    /// `,"name":`
    private let key: [UInt8]
    private let cells: RecordTable.Cells
    private let keys: [[UInt8]]

    /// Prepares a column; `nil` for one of numbers without a name.
    init?(_ column: RecordTable.Column) {
        key = [UInt8(ascii: ",")] + JSONBytes.key(column.description.name)
        cells = column.cells
        guard case .reals(let names, _) = cells else {
            keys = []
            return
        }
        guard !names.isEmpty else { return nil }
        keys = names.map { JSONBytes.key($0.name) }
    }

    func append(_ row: Int, to bytes: inout [UInt8]) {
        bytes.append(contentsOf: key)
        switch cells {
        case .time(let get):
            bytes.append(UInt8(ascii: "\""))
            ISO8601.append(get(row), to: &bytes)
            bytes.append(UInt8(ascii: "\""))
        case .integer(let get): bytes.append(contentsOf: get(row).description.utf8)
        case .real(let get): JSONBytes.append(get(row), to: &bytes)
        case .text(let get): JSONBytes.append(get(row), to: &bytes)
        case .word(let words, let get): JSONBytes.append(words[Int(get(row))], to: &bytes)
        case .instrument: bytes.append(contentsOf: "null".utf8)
        case .flags(let get): JSONBytes.append(get(row).names, to: &bytes)
        case .reals(_, let get): JSONBytes.append(keys: keys, to: &bytes) { get(row, $0) }
        }
    }
}
