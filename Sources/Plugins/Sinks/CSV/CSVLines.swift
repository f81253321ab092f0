import CivilTime
import DelimitedText
import PluginKit
import RecordText

/// A batch of records as lines of a CSV file.
///
/// The columns begin with `time, instrument, timeframe` and end with `pipeline, source, sequence`; what the kind says of
/// itself stands between. A record is always one line, so one that a crash cut short can be told from a whole one.
struct CSVLines {
    private let batch: RecordBatch
    private let table: RecordTable
    private let columns: [RecordTable.Column]
    private let instruments: any InstrumentDirectory

    init(_ batch: RecordBatch, instruments: any InstrumentDirectory) {
        self.batch = batch
        self.instruments = instruments
        table = batch.table
        columns = table.ownColumns
    }

    /// The file's first line.
    var header: [UInt8] {
        let fixed = RecordTable.fixedNames(batch.kind)
        let own = columns.flatMap { column -> [String] in
            guard case .reals(let names, _) = column.cells else { return [column.description.name] }
            return RecordTable.flatNames(names, of: column.description, beside: fixed)
        }
        var writer = RecordWriter()
        for name in ["time", "instrument", "timeframe"] + table.constants.map(\.description.name) + own
            + ["pipeline", "source", "sequence"]
        { writer.append(name) }
        writer.endRecord()
        return writer.bytes
    }

    /// A line for each row.
    var rows: [UInt8] {
        var writer = RecordWriter()
        let timeframe = batch.timeframe.description
        for row in 0..<table.count {
            writer.append(ISO8601.format(table.time(row)))
            writer.append(table.instrument(row).map { instruments.instrument($0).description } ?? "")
            writer.append(timeframe)
            for constant in table.constants { writer.append(Self.oneLine(constant.value)) }
            for column in columns { Self.append(column.cells, row, to: &writer) }
            writer.append(batch.pipeline)
            writer.append(batch.source)
            writer.append(batch.sequence)
            writer.endRecord()
        }
        return writer.bytes
    }

    private static func append(_ cells: RecordTable.Cells, _ row: Int, to writer: inout RecordWriter) {
        switch cells {
        case .time(let get): writer.append(ISO8601.format(get(row)))
        case .integer(let get): writer.append(get(row))
        case .real(let get): append(get(row), to: &writer)
        case .text(let get): writer.append(oneLine(get(row)))
        case .word(let words, let get): writer.append(words[Int(get(row))])
        case .instrument: writer.append("")
        case .flags(let get): writer.append(get(row).names.joined(separator: " "))
        case .reals(let names, let get): for place in names.indices { append(get(row, place), to: &writer) }
        }
    }

    private static func append(_ number: Double, to writer: inout RecordWriter) {
        writer.append(number.isFinite ? number : .nan)
    }

    private static func oneLine(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 == 0x0A || $0 == 0x0D }) else { return text }
        return String(decoding: text.utf8.map { $0 == 0x0A || $0 == 0x0D ? 0x20 : $0 }, as: UTF8.self)
    }
}
