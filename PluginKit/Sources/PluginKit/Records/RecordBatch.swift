/// The kinds of record that reach sinks.
public enum RecordKind: String, Sendable, Hashable, CaseIterable {
    /// Accepted bars.
    case bars
    /// Accepted best bids and asks.
    case quotes
    /// Accepted executions.
    case trades
    /// Accepted order books.
    case orderBooks = "order_books"
    /// Accepted figures.
    case figures
    /// Accepted splits, dividends and rights issues.
    case factors
    /// Feature vectors.
    case features
    /// Predictions.
    case predictions
    /// What became of predictions.
    case outcomes
    /// Alerts.
    case alerts
    /// States of the host's parts.
    case status

    /// The type of its rows, which says what they are made of.
    public var rows: any RecordRows.Type {
        switch self {
        case .bars: [Bar].self
        case .quotes: [Quote].self
        case .trades: [Trade].self
        case .orderBooks: [OrderBook].self
        case .figures: [Figure].self
        case .factors: [Factor].self
        case .features: FeatureBatch.self
        case .predictions: PredictionBatch.self
        case .outcomes: [Outcome].self
        case .alerts: [Alert].self
        case .status: [StatusRecord].self
        }
    }
}

/// Records of one kind on their way to a sink; immutable, shared between sinks.
public struct RecordBatch: Sendable {
    /// The records.
    public enum Content: Sendable {
        /// Accepted bars.
        case bars([Bar])
        /// Accepted best bids and asks.
        case quotes([Quote])
        /// Accepted executions.
        case trades([Trade])
        /// Accepted order books.
        case orderBooks([OrderBook])
        /// Accepted figures.
        case figures([Figure])
        /// Accepted splits, dividends and rights issues.
        case factors([Factor])
        /// Feature vectors.
        case features(FeatureBatch)
        /// Predictions of one model.
        case predictions(PredictionBatch)
        /// What became of predictions of one model.
        case outcomes([Outcome])
        /// Alerts.
        case alerts([Alert])
        /// States of the host's parts.
        case status([StatusRecord])

        /// Puts events into a batch of records.
        public init(_ events: EventBatch) {
            self =
                switch events {
                case .bars(let rows): .bars(rows)
                case .trades(let rows): .trades(rows)
                case .quotes(let rows): .quotes(rows)
                case .orderBooks(let rows): .orderBooks(rows)
                case .figures(let rows): .figures(rows)
                case .factors(let rows): .factors(rows)
                }
        }

        /// The records, whatever their kind.
        public var rows: any RecordRows {
            switch self {
            case .bars(let rows): rows
            case .quotes(let rows): rows
            case .trades(let rows): rows
            case .orderBooks(let rows): rows
            case .figures(let rows): rows
            case .factors(let rows): rows
            case .features(let rows): rows
            case .predictions(let rows): rows
            case .outcomes(let rows): rows
            case .alerts(let rows): rows
            case .status(let rows): rows
            }
        }
    }

    /// The pipeline they come from.
    public let pipeline: String
    /// The provider instance the data came from; empty for records of the host itself.
    public let source: String
    /// Span of the bars behind the records.
    public let timeframe: Timeframe
    /// Number of this batch in its pipeline; grows, never repeats within a run.
    public let sequence: UInt64
    /// The records.
    public let content: Content
    /// For each row, which of the events of its instrument and time it is about, from 0 on; the same in every run. Empty
    /// where each is the first: bars are alone at their time.
    public let places: [UInt32]

    /// Creates a batch; `places` is empty or has one number a row.
    public init(
        pipeline: String, source: String, timeframe: Timeframe, sequence: UInt64, content: Content,
        places: [UInt32] = []
    ) {
        self.pipeline = pipeline
        self.source = source
        self.timeframe = timeframe
        self.sequence = sequence
        self.content = content
        self.places = places
    }

    /// Which kind the batch holds.
    public var kind: RecordKind { type(of: content.rows).kind }

    /// How many rows the batch holds.
    public var count: Int { content.rows.count }

    /// The rows as a table.
    public var table: RecordTable { content.rows.table }

    /// Returns a batch of some of the rows, in the order given, for a second try.
    public func selecting(_ positions: [Int]) -> RecordBatch {
        RecordBatch(
            pipeline: pipeline, source: source, timeframe: timeframe, sequence: sequence,
            content: content.rows.selecting(positions), places: places.isEmpty ? [] : positions.map { places[$0] })
    }
}

/// Names and identity of feature columns; equal schemas have equal ids.
public struct FeatureSchema: Sendable, Hashable {
    /// Column names in order: `rsi14`, `macd.signal`.
    public let names: [String]

    /// Creates a schema.
    public init(names: [String]) { self.names = names }

    /// FNV-1a over the names; part of a model's card, so a model never sees columns it was not fitted on.
    public var id: UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for name in names {
            for byte in name.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
            hash = (hash ^ 0x1f) &* 0x100_0000_01b3
        }
        return hash
    }
}

/// What a row of features was made from: when, of which instrument and at which price; 24 bytes, no reference inside.
@frozen public struct RowKey: Sendable, Hashable {
    /// Event time in nanoseconds since the Unix epoch, UTC.
    public var time: Int64
    /// Price of the event, in the quote currency: the close of a bar, the price of a trade; NaN where it has none.
    public var price: Double
    /// The instrument, by the host's number.
    public var instrument: InstrumentID
    /// What provider and host say about the event.
    public var flags: EventFlags

    /// Creates a key.
    @inlinable public init(time: Int64, price: Double, instrument: InstrumentID, flags: EventFlags = []) {
        self.time = time
        self.price = price
        self.instrument = instrument
        self.flags = flags
    }

    /// Creates the key of a bar's row; its price is the close.
    @inlinable public init(_ bar: Bar) {
        self.init(time: bar.time, price: bar.close, instrument: bar.instrument, flags: bar.flags)
    }
}

/// Feature vectors of a batch of events: a row-major matrix, one row an event. NaN means "no value yet".
public struct FeatureBatch: Sendable {
    /// Column names.
    public let schema: FeatureSchema
    /// What the rows were made from.
    public let rows: [RowKey]
    /// `rows.count * schema.names.count` numbers, row-major.
    public let values: [Double]

    /// Creates a batch; `values` fills `rows.count` rows.
    public init(schema: FeatureSchema, rows: [RowKey], values: [Double]) {
        precondition(values.count == rows.count * schema.names.count, "values fill the rows")
        self.schema = schema
        self.rows = rows
        self.values = values
    }

    /// Rows.
    public var count: Int { rows.count }
}

/// Predictions of one model for a batch of events.
public struct PredictionBatch: Sendable {
    /// The model instance.
    public let model: String
    /// What is predicted, in words: `return over 1 bar`.
    public let target: String
    /// The columns of `values`; the first is `rows[i].value`.
    public let outputs: [OutputColumn]
    /// One for each event that had all features.
    public let rows: [Prediction]
    /// `rows.count * outputs.count` numbers, row-major.
    public let values: [Double]

    /// Creates a batch; `values` fills `rows.count` rows.
    public init(
        model: String, target: String, outputs: [OutputColumn], rows: [Prediction], values: [Double]
    ) {
        precondition(values.count == rows.count * outputs.count, "values fill the rows")
        self.model = model
        self.target = target
        self.outputs = outputs
        self.rows = rows
        self.values = values
    }
}
