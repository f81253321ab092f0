/// Events of one kind, in the order the provider saw them; the unit of transfer between provider and pipeline.
///
/// A batch is immutable and shared on fan-out. Usual sizes are 64 to 1024 events; empty batches are allowed.
public enum EventBatch: Sendable, Hashable {
    /// Bars of one timeframe.
    case bars([Bar])
    /// Executions.
    case trades([Trade])
    /// Best bids and asks.
    case quotes([Quote])
    /// Order books.
    case orderBooks([OrderBook])
    /// Figures.
    case figures([Figure])
    /// Splits, dividends, rights issues.
    case factors([Factor])

    /// Which kind the batch holds.
    public var kind: EventKind {
        switch self {
        case .bars: .bar
        case .trades: .trade
        case .quotes: .quote
        case .orderBooks: .orderBook
        case .figures: .figure
        case .factors: .factor
        }
    }

    /// How many events the batch holds.
    public var count: Int {
        switch self {
        case .bars(let events): events.count
        case .trades(let events): events.count
        case .quotes(let events): events.count
        case .orderBooks(let events): events.count
        case .figures(let events): events.count
        case .factors(let events): events.count
        }
    }

    /// A batch without events.
    public static func empty(_ kind: EventKind) -> EventBatch {
        func none<Event: MarketEvent>(_ type: Event.Type) -> EventBatch { Event.batch([]) }
        return none(kind.type)
    }

    /// The instrument of each event, in order.
    public var instruments: [InstrumentID] {
        switch self {
        case .bars(let events): events.map(\.instrument)
        case .trades(let events): events.map(\.instrument)
        case .quotes(let events): events.map(\.instrument)
        case .orderBooks(let events): events.map(\.instrument)
        case .figures(let events): events.map(\.instrument)
        case .factors(let events): events.map(\.instrument)
        }
    }
}

/// A piece of source data that could not be turned into an event, kept with its reason so that nothing is lost silently.
public struct Defect: Sendable, Hashable {
    /// The instrument, where it is known.
    public var instrument: InstrumentID?
    /// Where it stands: `AAPL.csv:17`, a URL's path, a topic and offset.
    public var place: String
    /// Short reason in `snake_case`, from a small closed set of the provider: `unreadable_number`, `missing_column`.
    public var reason: String
    /// One sentence of facts.
    public var message: String
    /// The source text, cut at 200 characters.
    public var raw: String

    /// Creates a defect; `raw` is cut at 200 characters.
    public init(instrument: InstrumentID?, place: String, reason: String, message: String, raw: String) {
        self.instrument = instrument
        self.place = place
        self.reason = reason
        self.message = message
        self.raw = String(raw.prefix(200))
    }
}
