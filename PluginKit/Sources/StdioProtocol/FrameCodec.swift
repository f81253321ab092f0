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
            let rows = try Prediction.rows(header.rows, from: &reader)
            self = .predictions(
                rows, values: Self.matrix(header.rows, header.columns.count - Prediction.columns.count, &reader))
        case .features:
            let rows = try RowKey.rows(header.rows, from: &reader)
            self = .features(
                rows, values: Self.matrix(header.rows, header.columns.count - RowKey.columns.count, &reader))
        default: self = .bytes(Array(bytes.prefix(header.rows)))
        }
    }

    /// The types of its columns.
    var columnTypes: [ColumnType] {
        let count =
            switch self {
            case .events(let batch): batch.columnCount
            case .matrix(let matrix): matrix.columns
            case .predictions(_, let values): Prediction.columns.count + values.columns
            case .features(_, let values): RowKey.columns.count + values.columns
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
            Prediction.write(rows, to: &writer)
            Self.write(values, to: &writer)
        case .features(let rows, let values):
            RowKey.write(rows, to: &writer)
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
    private static func write(_ matrix: Matrix, to writer: inout ColumnWriter) {
        let (width, values) = (matrix.columns, matrix.values)
        for column in 0..<width { writer.column(matrix.rows) { values[$0 * width + column] } }
    }

    private static func matrix(_ rows: Int, _ width: Int, _ reader: inout ColumnReader) -> Matrix {
        var values = [Double](repeating: 0, count: rows * width)
        for column in 0..<width { reader.numbers(rows) { values[$0 * width + column] = $1 } }
        return Matrix(rows: rows, columns: width, values: values)
    }
}

extension ColumnWriter: CellWriter {
    mutating func integers(_ count: Int, _ value: (Int) -> Int64) { column(count, value) }
    mutating func reals(_ count: Int, _ value: (Int) -> Double) { column(count, value) }
    mutating func numbers(_ count: Int, _ value: (Int) -> UInt32) { column(count, value) }
    mutating func words(_ count: Int, _ value: (Int) -> UInt8) { column(count, value) }
    /// No frame has texts: `ColumnType` gives none for them.
    mutating func texts(_ count: Int, _ value: (Int) -> String) {}
}

extension ColumnReader: CellReader {
    mutating func integers(_ count: Int, _ body: (Int, Int64) -> Void) throws(ProtocolError) {
        column(count, Int64.self, body)
    }

    mutating func reals(_ count: Int, _ body: (Int, Double) -> Void) throws(ProtocolError) { numbers(count, body) }

    mutating func numbers(_ count: Int, _ body: (Int, UInt32) -> Void) throws(ProtocolError) {
        column(count, UInt32.self, body)
    }

    mutating func words(_ count: Int, _ body: (Int, UInt8) -> Void) throws(ProtocolError) {
        column(count, UInt8.self, body)
    }

    /// No frame has texts: `ColumnType` gives none for them.
    mutating func texts(_ count: Int, _ body: (Int, String) -> Void) throws(ProtocolError) {}

    func fault(_ column: ColumnDescription, _ row: Int) -> ProtocolError {
        ProtocolError(.frame, "row \(row) of a frame has no name of 1 to 24 of a-z, 0-9 and _ in '\(column.name)'")
    }
}
