import PluginKit

extension Frame {
    /// Appends header and columns.
    public func append(to bytes: inout [UInt8], id: UInt64) {
        let header = header(id: id)
        bytes.reserveCapacity(bytes.count + FrameHeader.length + header.payload)
        ColumnWriter.append(FrameHeader.length + header.payload, to: &bytes) { writer in
            header.write(to: &writer)
            writeColumns(to: &writer)
        }
    }

    /// Bytes of the frame's columns.
    public var length: Int { header(id: 0).payload }

    /// Reads the columns after a header; `bytes` holds exactly `header.payload` bytes. Throws `.frame` for a value that no
    /// event can have.
    init(_ header: FrameHeader, _ bytes: UnsafeRawBufferPointer) throws(ProtocolError) {
        var reader = ColumnReader(bytes)
        if let event = header.kind.event {
            self = .events(try event.batch(header, &reader))
            return
        }
        switch header.kind {
        case .matrix: self = .matrix(Self.matrix(header.rows, header.columns.count, &reader))
        case .predictions:
            let rows = Self.predictions(header.rows, &reader)
            self = .predictions(rows, values: Self.matrix(header.rows, header.columns.count - 5, &reader))
        case .features:
            let rows = Self.keys(header.rows, &reader)
            self = .features(rows, values: Self.matrix(header.rows, header.columns.count - 4, &reader))
        default: self = .bytes(Array(bytes.prefix(header.rows)))
        }
    }

    /// The types of its columns.
    var columnTypes: [ColumnType] {
        let count =
            switch self {
            case .events(let batch): batch.columnCount
            case .matrix(let matrix): matrix.columns
            case .predictions(_, let values): 5 + values.columns
            case .features(_, let values): 4 + values.columns
            case .bytes: 1
            }
        return kind.columns(count) ?? []
    }

    private func header(id: UInt64) -> FrameHeader {
        FrameHeader(kind: kind, columns: columnTypes, id: id, rows: rows)
    }

    private func writeColumns(to writer: inout ColumnWriter) {
        switch self {
        case .events(let batch): batch.write(to: &writer)
        case .matrix(let matrix): Self.write(matrix, to: &writer)
        case .predictions(let rows, let values):
            Self.write(rows, to: &writer)
            Self.write(values, to: &writer)
        case .features(let rows, let values):
            Self.write(rows, to: &writer)
            Self.write(values, to: &writer)
        case .bytes(let bytes): writer.column(bytes.count) { bytes[$0] }
        }
    }
}

extension FrameHeader {
    fileprivate func write(to writer: inout ColumnWriter) {
        writer.scalar(Self.magic)
        writer.scalar(kind.rawValue)
        writer.scalar(UInt16(truncatingIfNeeded: columns.count))
        writer.scalar(id)
        writer.scalar(UInt32(truncatingIfNeeded: rows))
        writer.scalar(UInt32(0))
        writer.scalar(UInt64(payload))
    }
}

extension Frame {
    private static func write(_ rows: [Prediction], to writer: inout ColumnWriter) {
        writer.column(rows.count) { rows[$0].time }
        writer.column(rows.count) { rows[$0].value }
        writer.column(rows.count) { rows[$0].price }
        writer.column(rows.count) { rows[$0].instrument.rawValue }
        writer.column(rows.count) { rows[$0].flags.rawValue }
    }

    private static func write(_ rows: [RowKey], to writer: inout ColumnWriter) {
        writer.column(rows.count) { rows[$0].time }
        writer.column(rows.count) { rows[$0].price }
        writer.column(rows.count) { rows[$0].instrument.rawValue }
        writer.column(rows.count) { rows[$0].flags.rawValue }
    }

    private static func write(_ matrix: Matrix, to writer: inout ColumnWriter) {
        let (width, values) = (matrix.columns, matrix.values)
        for column in 0..<width { writer.column(matrix.rows) { values[$0 * width + column] } }
    }

    private static func predictions(_ count: Int, _ reader: inout ColumnReader) -> [Prediction] {
        var rows = Array(
            repeating: Prediction(time: 0, value: 0, price: 0, instrument: InstrumentID(rawValue: 0)), count: count)
        reader.column(count, Int64.self) { rows[$0].time = $1 }
        reader.numbers(count) { rows[$0].value = $1 }
        reader.numbers(count) { rows[$0].price = $1 }
        reader.column(count, UInt32.self) { rows[$0].instrument = InstrumentID(rawValue: $1) }
        reader.column(count, UInt32.self) { rows[$0].flags = EventFlags(rawValue: $1) }
        return rows
    }

    private static func keys(_ count: Int, _ reader: inout ColumnReader) -> [RowKey] {
        var rows = Array(repeating: RowKey(time: 0, price: 0, instrument: InstrumentID(rawValue: 0)), count: count)
        reader.column(count, Int64.self) { rows[$0].time = $1 }
        reader.numbers(count) { rows[$0].price = $1 }
        reader.column(count, UInt32.self) { rows[$0].instrument = InstrumentID(rawValue: $1) }
        reader.column(count, UInt32.self) { rows[$0].flags = EventFlags(rawValue: $1) }
        return rows
    }

    private static func matrix(_ rows: Int, _ width: Int, _ reader: inout ColumnReader) -> Matrix {
        var values = [Double](repeating: 0, count: rows * width)
        for column in 0..<width { reader.numbers(rows) { values[$0 * width + column] = $1 } }
        return Matrix(rows: rows, columns: width, values: values)
    }
}
