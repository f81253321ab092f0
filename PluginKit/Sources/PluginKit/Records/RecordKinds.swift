// What each kind of record is made of. A kind more is its columns here, and its case in `RecordKind` and in `Content`.

extension Bar: Record {
    /// Accepted bars.
    public static var recordKind: RecordKind { .bars }
    /// The columns of a bar.
    public static let columns: [RecordColumn<Bar>] = [
        .init("time", .time({ $0.time }, { $0.time = $1 })),
        .init("open", .real({ $0.open }, { $0.open = $1 }), unit: "quote currency", .required),
        .init("high", .real({ $0.high }, { $0.high = $1 }), unit: "quote currency", .required),
        .init("low", .real({ $0.low }, { $0.low = $1 }), unit: "quote currency", .required),
        .init("close", .real({ $0.close }, { $0.close = $1 }), unit: "quote currency", .required),
        .init("volume", .real({ $0.volume }, { $0.volume = $1 }), unit: "shares"),
        .init("amount", .real({ $0.amount }, { $0.amount = $1 }), unit: "quote currency"),
        .init("instrument", .always({ $0.instrument }, { $0.instrument = $1 })),
        .init("flags", .flags({ $0.flags }, { $0.flags = $1 })),
    ]
    /// A bar without content.
    public static var blank: Bar {
        Bar(time: 0, open: 0, high: 0, low: 0, close: 0, volume: 0, instrument: InstrumentID(rawValue: 0))
    }
}

extension Quote: Record {
    /// Accepted quotes.
    public static var recordKind: RecordKind { .quotes }
    /// Several may have the same time.
    public static var repeats: Bool { true }
    /// The columns of a quote.
    public static let columns: [RecordColumn<Quote>] = [
        .init("time", .time({ $0.time }, { $0.time = $1 })),
        .init("bid", .real({ $0.bid }, { $0.bid = $1 }), unit: "quote currency"),
        .init("ask", .real({ $0.ask }, { $0.ask = $1 }), unit: "quote currency"),
        .init("bid_size", .real({ $0.bidSize }, { $0.bidSize = $1 }), unit: "shares"),
        .init("ask_size", .real({ $0.askSize }, { $0.askSize = $1 }), unit: "shares"),
        .init("instrument", .always({ $0.instrument }, { $0.instrument = $1 })),
        .init("flags", .flags({ $0.flags }, { $0.flags = $1 })),
    ]
    /// A quote without content.
    public static var blank: Quote {
        Quote(time: 0, bid: 0, ask: 0, bidSize: 0, askSize: 0, instrument: InstrumentID(rawValue: 0))
    }
}

extension Trade: Record {
    /// Accepted trades.
    public static var recordKind: RecordKind { .trades }
    /// Several may have the same time.
    public static var repeats: Bool { true }
    /// The columns of a trade.
    public static let columns: [RecordColumn<Trade>] = [
        .init("time", .time({ $0.time }, { $0.time = $1 })),
        .init("price", .real({ $0.price }, { $0.price = $1 }), unit: "quote currency", .required),
        .init("size", .real({ $0.size }, { $0.size = $1 }), unit: "shares", .required),
        .init("instrument", .always({ $0.instrument }, { $0.instrument = $1 })),
        .init("flags", .flags({ $0.flags }, { $0.flags = $1 })),
        .init(
            "side",
            .word(["unknown", "buy", "sell"], { $0.side.rawValue }, { $0.side = Side(rawValue: $1) ?? .unknown })),
    ]
    /// A trade without content.
    public static var blank: Trade { Trade(time: 0, price: 0, size: 0, instrument: InstrumentID(rawValue: 0)) }
}

extension OrderBook: Record {
    /// Accepted order books.
    public static var recordKind: RecordKind { .orderBooks }
    /// Several may have the same time.
    public static var repeats: Bool { true }
    /// The columns of an order book; `levels` are prices and sizes, best first.
    public static let columns: [RecordColumn<OrderBook>] = [
        .init("time", .time({ $0.time }, { $0.time = $1 })),
        .init("update", .integer({ $0.sequence }, { $0.sequence = $1 })),
        .init("instrument", .always({ $0.instrument }, { $0.instrument = $1 })),
        .init("flags", .flags({ $0.flags }, { $0.flags = $1 })),
        .init("levels", .reals(levelNames, { $0.number(at: $1) }, { $0.set($2, at: $1) })),
    ]
    /// An order book without content.
    public static var blank: OrderBook { OrderBook(time: 0, bids: [], asks: [], instrument: InstrumentID(rawValue: 0)) }

    /// `bid1`, `bid_size1`, ..., then `ask1`, `ask_size1`, ...
    private static let levelNames = ["bid", "ask"].flatMap { side in
        (1...depth).flatMap { level in
            [
                OutputColumn("\(side)\(level)", unit: "quote currency", "Price, best first."),
                OutputColumn("\(side)_size\(level)", unit: "shares", "Quantity at that price."),
            ]
        }
    }

    private func number(at place: Int) -> Double {
        let (side, level) = (place < 2 * Self.depth ? bids : asks, place % (2 * Self.depth) / 2)
        guard level < side.count else { return .nan }
        return place % 2 == 0 ? side[level].price : side[level].size
    }

    private mutating func set(_ number: Double, at place: Int) {
        let level = place % (2 * Self.depth) / 2
        func change(_ side: inout Side) {
            if place % 2 == 0 {
                if level == side.count, !number.isNaN { side.append(Level(price: number, size: .nan)) }
            } else if level < side.count {
                side.levels[level].size = number
            }
        }
        if place < 2 * Self.depth { change(&bids) } else { change(&asks) }
    }
}

extension Figure: Record {
    /// Accepted figures.
    public static var recordKind: RecordKind { .figures }
    /// The columns of a figure.
    public static let columns: [RecordColumn<Figure>] = [
        .init("time", .time({ $0.time }, { $0.time = $1 })),
        .init("period_end", .time({ $0.periodEnd }, { $0.periodEnd = $1 }), .key),
        .init("value", .real({ $0.value }, { $0.value = $1 }), .required),
        .init("name", .name({ $0.name }, { $0.name = $1 }), .key),
        .init("instrument", .always({ $0.instrument }, { $0.instrument = $1 })),
        .init("flags", .flags({ $0.flags }, { $0.flags = $1 })),
    ]
    /// A figure without content.
    public static var blank: Figure {
        Figure(time: 0, periodEnd: 0, value: 0, name: .unnamed, instrument: InstrumentID(rawValue: 0))
    }
}

extension Factor: Record {
    /// Accepted splits, dividends and rights issues.
    public static var recordKind: RecordKind { .factors }
    /// The columns of a factor.
    public static let columns: [RecordColumn<Factor>] = [
        .init("time", .time({ $0.time }, { $0.time = $1 })),
        .init("announced", .time({ $0.announced }, { $0.announced = $1 })),
        .init("ratio", .real({ $0.ratio }, { $0.ratio = $1 }), .required),
        .init("cash", .real({ $0.cash }, { $0.cash = $1 }), unit: "quote currency"),
        .init("rights", .real({ $0.rights }, { $0.rights = $1 })),
        .init("rights_price", .real({ $0.rightsPrice }, { $0.rightsPrice = $1 }), unit: "quote currency"),
        .init("instrument", .always({ $0.instrument }, { $0.instrument = $1 })),
        .init("flags", .flags({ $0.flags }, { $0.flags = $1 })),
    ]
    /// A factor without content.
    public static var blank: Factor { Factor(time: 0, instrument: InstrumentID(rawValue: 0)) }
}

extension RowKey: RecordRow {
    /// The columns of a row of features beside the features.
    public static let columns: [RecordColumn<RowKey>] = [
        .init("time", .time({ $0.time }, { $0.time = $1 })),
        .init("price", .real({ $0.price }, { $0.price = $1 }), unit: "quote currency"),
        .init("instrument", .always({ $0.instrument }, { $0.instrument = $1 })),
        .init("flags", .flags({ $0.flags }, { $0.flags = $1 })),
    ]
    /// A key without content.
    public static var blank: RowKey { RowKey(time: 0, price: 0, instrument: InstrumentID(rawValue: 0)) }
}

extension FeatureBatch: RecordRows {
    /// Feature vectors.
    public static var kind: RecordKind { .features }
    /// As often as the events that they are made from.
    public static var repeats: Bool { true }
    /// None.
    public static var constants: [ColumnDescription] { [] }
    /// The key's columns, with the features before the flags.
    public static var columns: [ColumnDescription] {
        var columns = RowKey.columns.map(\.description)
        columns.insert(features, at: place)
        return columns
    }
    private static let features = ColumnDescription("features", .reals)
    private static var place: Int { RowKey.columns.count - 1 }

    /// Makes rows from their cells.
    public static func read<Cells: CellReader>(
        _ shape: RecordShape, from cells: inout Cells
    ) throws(Cells.Failure) -> RecordBatch.Content {
        let rows = try RowKey.rows(shape.count, from: &cells)
        let values = try readMatrix(shape, from: &cells)
        return .features(
            FeatureBatch(schema: FeatureSchema(names: shape.names.map(\.name)), rows: rows, values: values))
    }

    /// Event time and instrument of each row.
    public var eventTimes: [(time: Int64, instrument: InstrumentID?)]? { RowKey.eventTimes(rows) }

    /// The rows as a table.
    public var table: RecordTable {
        let names = schema.names.map { OutputColumn($0, unit: "", "") }
        let (width, values) = (names.count, values)
        let features = RecordTable.Column(
            description: Self.features, cells: .reals(names) { values[$0 * width + $1] })
        return RecordTable(Self.kind, rows, reals: features, at: Self.place)
    }

    /// The names of the features.
    public var shape: RecordShape {
        RecordShape(count: count, names: schema.names.map { OutputColumn($0, unit: "", "") })
    }

    /// Gives the keys' cells, then the features.
    public func write<Cells: CellWriter>(to cells: inout Cells) {
        RowKey.write(rows, to: &cells)
        writeMatrix(values, width: schema.names.count, rows: count, to: &cells)
    }

    /// Some of the rows, in the order given.
    public func selecting(_ positions: [Int]) -> RecordBatch.Content {
        .features(
            FeatureBatch(
                schema: schema, rows: positions.map { rows[$0] },
                values: select(positions, of: values, width: schema.names.count)))
    }
}

extension Prediction: RecordRow {
    /// The columns of a prediction beside further outputs.
    public static let columns: [RecordColumn<Prediction>] = [
        .init("time", .time({ $0.time }, { $0.time = $1 })),
        .init("value", .real({ $0.value }, { $0.value = $1 }), [.required, .signed]),
        .init("price", .real({ $0.price }, { $0.price = $1 }), unit: "quote currency"),
        .init("instrument", .always({ $0.instrument }, { $0.instrument = $1 })),
        .init("flags", .flags({ $0.flags }, { $0.flags = $1 })),
    ]
    /// A prediction without content.
    public static var blank: Prediction {
        Prediction(time: 0, value: 0, price: 0, instrument: InstrumentID(rawValue: 0))
    }
}

extension PredictionBatch: RecordRows {
    /// Predictions.
    public static var kind: RecordKind { .predictions }
    /// As often as the events that they are made from.
    public static var repeats: Bool { true }
    /// Model and target.
    public static let constants = [ColumnDescription("model", .text, .key), ColumnDescription("target", .text)]
    /// A prediction's columns, then the outputs after the first, which is the value.
    public static var columns: [ColumnDescription] { Prediction.columns.map(\.description) + [outputs] }
    private static let outputs = ColumnDescription("outputs", .reals)

    /// Makes rows from their cells.
    public static func read<Cells: CellReader>(
        _ shape: RecordShape, from cells: inout Cells
    ) throws(Cells.Failure) -> RecordBatch.Content {
        let rows = try Prediction.rows(shape.count, from: &cells)
        let values = try readMatrix(shape, from: &cells)
        let texts = shape.constants + Array(repeating: "", count: max(0, 2 - shape.constants.count))
        return .predictions(
            PredictionBatch(model: texts[0], target: texts[1], outputs: shape.names, rows: rows, values: values))
    }

    /// How many rows.
    public var count: Int { rows.count }

    /// Event time and instrument of each row.
    public var eventTimes: [(time: Int64, instrument: InstrumentID?)]? { Prediction.eventTimes(rows) }

    /// The rows as a table.
    public var table: RecordTable {
        let (width, values) = (outputs.count, values)
        let further = RecordTable.Column(
            description: Self.outputs, cells: .reals(Array(outputs.dropFirst())) { values[$0 * width + $1 + 1] })
        let texts = zip(Self.constants, [model, target]).map { RecordTable.Constant(description: $0, value: $1) }
        return RecordTable(Self.kind, rows, constants: texts, reals: further)
    }

    /// Model, target and all outputs; the first is the value.
    public var shape: RecordShape { RecordShape(count: count, constants: [model, target], names: outputs) }

    /// Gives the predictions' cells, then all outputs.
    public func write<Cells: CellWriter>(to cells: inout Cells) {
        Prediction.write(rows, to: &cells)
        writeMatrix(values, width: outputs.count, rows: count, to: &cells)
    }

    /// Some of the rows, in the order given.
    public func selecting(_ positions: [Int]) -> RecordBatch.Content {
        .predictions(
            PredictionBatch(
                model: model, target: target, outputs: outputs, rows: positions.map { rows[$0] },
                values: select(positions, of: values, width: outputs.count)))
    }
}

extension Outcome: Record {
    /// What became of predictions.
    public static var recordKind: RecordKind { .outcomes }
    /// The columns of an outcome.
    public static let columns: [RecordColumn<Outcome>] = [
        .init("time", .time({ $0.time }, { $0.time = $1 })),
        .init("model", .text({ $0.model }, { $0.model = $1 }), .key),
        .init("predicted_at", .time({ $0.predictedAt }, { $0.predictedAt = $1 })),
        .init("horizon", .integer({ Int64($0.horizon) }, { $0.horizon = Int(clamping: $1) }), unit: "bars"),
        .init("value", .real({ $0.value }, { $0.value = $1 }), [.required, .signed]),
        .init("actual", .real({ $0.actual }, { $0.actual = $1 }), [.required, .signed]),
        .init("error", .real({ $0.error }, { _, _ in }), .signed),
        .init("instrument", .always({ $0.instrument }, { $0.instrument = $1 })),
        .init("flags", .flags({ $0.flags }, { $0.flags = $1 })),
    ]
    /// An outcome without content.
    public static var blank: Outcome {
        Outcome(
            time: 0, model: "", predictedAt: 0, horizon: 1, value: 0, actual: 0, instrument: InstrumentID(rawValue: 0))
    }
    /// Puts outcomes into a batch.
    public static func content(_ rows: [Outcome]) -> RecordBatch.Content { .outcomes(rows) }
}

extension Alert: Record {
    /// Alerts.
    public static var recordKind: RecordKind { .alerts }
    private static let severities: [Severity] = [.info, .warning, .critical]
    /// The columns of an alert.
    public static let columns: [RecordColumn<Alert>] = [
        .init("time", .time({ $0.time }, { $0.time = $1 })),
        .init("instrument", .instrument({ $0.instrument }, { $0.instrument = $1 })),
        .init("rule", .text({ $0.rule }, { $0.rule = $1 }), .key),
        .init(
            "severity",
            .word(
                severities.map(\.rawValue), { UInt8(severities.firstIndex(of: $0.severity) ?? 0) },
                { if $1 < severities.count { $0.severity = severities[Int($1)] } })),
        .init("message", .text({ $0.message }, { $0.message = $1 }), .key),
    ]
    /// An alert without content.
    public static var blank: Alert { Alert(time: 0, rule: "", severity: .info, instrument: nil, message: "") }
    /// Puts alerts into a batch.
    public static func content(_ rows: [Alert]) -> RecordBatch.Content { .alerts(rows) }
}

extension StatusRecord: Record {
    /// States of the host's parts.
    public static var recordKind: RecordKind { .status }
    /// The columns of a status.
    public static let columns: [RecordColumn<StatusRecord>] = [
        .init("time", .time({ $0.time }, { $0.time = $1 })),
        .init("component", .text({ $0.component }, { $0.component = $1 }), .key),
        .init("state", .text({ $0.state }, { $0.state = $1 }), .key),
        .init("message", .text({ $0.message }, { $0.message = $1 })),
    ]
    /// A status without content.
    public static var blank: StatusRecord { StatusRecord(time: 0, component: "", state: "", message: "") }
    /// Puts states into a batch.
    public static func content(_ rows: [StatusRecord]) -> RecordBatch.Content { .status(rows) }
}

private func select(_ positions: [Int], of values: [Double], width: Int) -> [Double] {
    positions.flatMap { values[$0 * width..<($0 + 1) * width] }
}

/// Reads the columns of a matrix into rows.
private func readMatrix<Cells: CellReader>(
    _ shape: RecordShape, from cells: inout Cells
) throws(Cells.Failure) -> [Double] {
    let width = shape.names.count
    var values = [Double](repeating: .nan, count: shape.count * width)
    for place in 0..<width { try cells.reals(shape.count) { values[$0 * width + place] = $1 } }
    return values
}

private func writeMatrix<Cells: CellWriter>(_ values: [Double], width: Int, rows: Int, to cells: inout Cells) {
    for place in 0..<width { cells.reals(rows) { values[$0 * width + place] } }
}
