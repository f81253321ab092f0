import PluginKit

/// Frames inside a control line: `{"kind": "bars", "rows": 2, "columns": [[...], ...]}`.
///
/// A frame goes through its column bytes, so both forms obey the same checks.
extension Frame {
    /// The frame as JSON.
    var json: JSONValue {
        var bytes: [UInt8] = []
        append(to: &bytes, id: 0)
        return bytes.withUnsafeBytes { buffer in
            guard
                let header = try? FrameHeader(
                    UnsafeRawBufferPointer(rebasing: buffer.prefix(FrameHeader.length)),
                    limits: ProtocolLimits(frame: .max))
            else { return .null }
            var reader = ColumnReader(UnsafeRawBufferPointer(rebasing: buffer.dropFirst(FrameHeader.length)))
            return .object([
                "kind": .text(kind.name), "rows": .integer(Int64(header.rows)),
                "columns": .array(header.columns.map { Self.json($0, header.rows, &reader) }),
            ])
        }
    }

    /// Reads a frame from JSON; throws `.frame` where a column is missing, too short or out of its type.
    init(_ json: JSONValue, limits: ProtocolLimits) throws(ProtocolError) {
        guard let members = json.object, let name = members["kind"]?.text,
            let kind = FrameKind.allCases.first(where: { $0.name == name }),
            let columns = members["columns"]?.array, columns.count <= Int(UInt16.max),
            let rows = members["rows"]?.integer, rows >= 0, rows <= Int64(limits.frame),
            let types = kind.columns(columns.count), !types.isEmpty || rows == 0, rows <= kind.mostRows
        else { throw ProtocolError(.frame, "a JSON frame has no known 'kind', 'rows' or 'columns'") }
        let header = FrameHeader(kind: kind, columns: types, id: 0, rows: Int(rows))
        guard columns.allSatisfy({ $0.array?.count == Int(rows) }) else {
            throw ProtocolError(.frame, "a column of a JSON frame has another length than its \(rows) rows")
        }
        guard header.payload <= limits.frame else {
            throw ProtocolError(.tooLarge, "a frame has \(header.payload) bytes; allowed are \(limits.frame)")
        }
        var isValid = true
        var bytes: [UInt8] = []
        ColumnWriter.append(header.payload, to: &bytes) { writer in
            for (type, column) in zip(types, columns) {
                isValid = Self.write(column.array ?? [], type, &writer) && isValid
            }
        }
        guard isValid else { throw ProtocolError(.frame, "a value of a JSON frame does not fit its column") }
        self = try bytes.withUnsafeBytes { buffer in
            Result { () throws(ProtocolError) in try Frame(header, buffer) }
        }.get()
    }

    private static func json(_ type: ColumnType, _ rows: Int, _ reader: inout ColumnReader) -> JSONValue {
        var values: [JSONValue] = []
        values.reserveCapacity(rows)
        switch type {
        case .int64: reader.column(rows, Int64.self) { values.append(.integer($1)) }
        case .float64: reader.numbers(rows) { values.append(.finite($1)) }
        case .uint32: reader.column(rows, UInt32.self) { values.append(.integer(Int64($1))) }
        case .uint8: reader.column(rows, UInt8.self) { values.append(.integer(Int64($1))) }
        }
        return .array(values)
    }

    private static func write(_ values: [JSONValue], _ type: ColumnType, _ writer: inout ColumnWriter) -> Bool {
        var isValid = true
        func whole<Number: FixedWidthInteger>(_ row: Int, _: Number.Type) -> Number {
            guard let value = values[row].integer, let number = Number(exactly: value) else {
                isValid = false
                return 0
            }
            return number
        }
        switch type {
        case .int64: writer.column(values.count) { whole($0, Int64.self) }
        case .uint32: writer.column(values.count) { whole($0, UInt32.self) }
        case .uint8: writer.column(values.count) { whole($0, UInt8.self) }
        case .float64:
            writer.column(values.count) { row in
                guard let value = values[row].number else {
                    isValid = false
                    return .nan
                }
                return value
            }
        }
        return isValid
    }
}
