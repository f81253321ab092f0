/// Figures a company reported, dated by when the public could know them.
public struct Fundamentals: MarketEvent, Hashable {
    /// When the figures became public, in nanoseconds since the Unix epoch, UTC: the only date a feature may use.
    public var time: Int64
    /// End of the reported period in nanoseconds since the Unix epoch, UTC.
    public var periodEnd: Int64
    /// Figures by field name (`revenue`, `net_income`, `price_to_earnings`), in the currency named or as fractions.
    public var values: [String: Double]
    /// ISO 4217 code of the figures' currency, where they are money.
    public var currency: String?
    /// The instrument, by the host's number.
    public var instrument: InstrumentID
    /// What provider and host say about these figures.
    public var flags: EventFlags

    /// Creates a set of figures.
    public init(
        time: Int64, periodEnd: Int64, values: [String: Double], currency: String? = nil, instrument: InstrumentID,
        flags: EventFlags = []
    ) {
        self.time = time
        self.periodEnd = periodEnd
        self.values = values
        self.currency = currency
        self.instrument = instrument
        self.flags = flags
    }

    /// `EventKind.fundamentals`.
    public static var kind: EventKind { .fundamentals }
}
