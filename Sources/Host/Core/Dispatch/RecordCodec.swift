import PluginKit

/// Items of a lane as bytes, for the time they wait on disk: written and read by the same process.
enum RecordCodec {
    /// Returns an item as bytes.
    static func bytes(of item: SinkItem) -> [UInt8] {
        var out = ByteWriter()
        out.write(item.sequence)
        out.write(item.partition)
        out.write(item.isLast ? 1 : 0)
        out.write(Int(item.revisedAt ?? .min))
        out.write(item.batches) { out, batch in write(batch, to: &out) }
        return out.bytes
    }

    /// Reads an item back; throws `.corrupted` where the bytes are not what was written.
    static func item(_ bytes: [UInt8]) throws(PluginError) -> SinkItem {
        var input = ByteReader(bytes)
        let (sequence, partition) = (try input.word(), try input.integer())
        let isLast = try input.integer() == 1
        let revisedAt = Int64(try input.integer())
        let batches = try input.list { input throws(PluginError) in try batch(&input) }
        return SinkItem(
            sequence: sequence, partition: partition, batches: batches, isLast: isLast,
            revisedAt: revisedAt == .min ? nil : revisedAt)
    }

    private static func write(_ batch: RecordBatch, to out: inout ByteWriter) {
        out.write(batch.kind.rawValue)
        out.write(batch.pipeline)
        out.write(batch.source)
        out.write(batch.timeframe.description)
        out.write(batch.sequence)
        out.write(batch.places) { $0.write(Int($1)) }
        let rows = batch.content.rows
        let shape = rows.shape
        out.write(shape.count)
        out.write(shape.constants) { $0.write($1) }
        out.write(shape.names) { out, column in
            for text in [column.name, column.unit, column.summary] { out.write(text) }
            let (number, probability) = column.role.numbers
            out.write(number)
            out.write(probability)
        }
        rows.write(to: &out)
    }

    private static func batch(_ input: inout ByteReader) throws(PluginError) -> RecordBatch {
        let kind = RecordKind(rawValue: try input.text())
        let (pipeline, source) = (try input.text(), try input.text())
        guard let kind, let timeframe = Timeframe(try input.text()) else { throw ByteReader.damaged }
        let sequence = try input.word()
        let places = try input.list { input throws(PluginError) in
            UInt32(truncatingIfNeeded: try input.integer())
        }
        let shape = RecordShape(
            count: try input.integer(), constants: try input.list { input throws(PluginError) in try input.text() },
            names: try input.list { input throws(PluginError) in
                OutputColumn(
                    try input.text(), unit: try input.text(), try input.text(),
                    role: OutputColumn.Role(try input.integer(), try input.number()))
            })
        guard shape.count >= 0, input.holds(shape.count, of: 1 + shape.names.count) else { throw ByteReader.damaged }
        return RecordBatch(
            pipeline: pipeline, source: source, timeframe: timeframe, sequence: sequence,
            content: try kind.rows.read(shape, from: &input), places: places)
    }
}

extension OutputColumn.Role {
    /// The role as a number and the probability it may have.
    fileprivate var numbers: (Int, Double) {
        switch self {
        case .value: (0, 0)
        case .lower(let probability): (1, probability)
        case .upper(let probability): (2, probability)
        case .quantile(let probability): (3, probability)
        case .variance: (4, 0)
        case .probability: (5, 0)
        case .action: (6, 0)
        }
    }

    fileprivate init(_ number: Int, _ probability: Double) {
        switch number {
        case 1: self = .lower(probability)
        case 2: self = .upper(probability)
        case 3: self = .quantile(probability)
        case 4: self = .variance
        case 5: self = .probability
        case 6: self = .action
        default: self = .value
        }
    }
}

extension ByteWriter: CellWriter {
    mutating func integers(_ count: Int, _ value: (Int) -> Int64) { for row in 0..<count { write(value(row)) } }
    mutating func reals(_ count: Int, _ value: (Int) -> Double) { for row in 0..<count { write(value(row)) } }
    mutating func numbers(_ count: Int, _ value: (Int) -> UInt32) { for row in 0..<count { write(Int(value(row))) } }
    mutating func words(_ count: Int, _ value: (Int) -> UInt8) { for row in 0..<count { write(Int(value(row))) } }
    mutating func texts(_ count: Int, _ value: (Int) -> String) { for row in 0..<count { write(value(row)) } }
}

extension ByteReader: CellReader {
    mutating func integers(_ count: Int, _ body: (Int, Int64) -> Void) throws(PluginError) {
        for row in 0..<count { body(row, Int64(try integer())) }
    }

    mutating func reals(_ count: Int, _ body: (Int, Double) -> Void) throws(PluginError) {
        for row in 0..<count { body(row, try number()) }
    }

    mutating func numbers(_ count: Int, _ body: (Int, UInt32) -> Void) throws(PluginError) {
        for row in 0..<count { body(row, UInt32(truncatingIfNeeded: try word())) }
    }

    mutating func words(_ count: Int, _ body: (Int, UInt8) -> Void) throws(PluginError) {
        for row in 0..<count { body(row, UInt8(truncatingIfNeeded: try word())) }
    }

    mutating func texts(_ count: Int, _ body: (Int, String) -> Void) throws(PluginError) {
        for row in 0..<count { body(row, try text()) }
    }

    func fault(_ column: ColumnDescription, _ row: Int) -> PluginError { Self.damaged }
}
