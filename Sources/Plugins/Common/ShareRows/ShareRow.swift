/// One row of bars as a source writes it; `nil` is a cell that is not there.
public struct ShareRow: Sendable, Hashable {
    /// Date, or local time of the bar's end.
    public var time: String?
    /// First price.
    public var open: String?
    /// Highest price.
    public var high: String?
    /// Lowest price.
    public var low: String?
    /// Last price.
    public var close: String?
    /// Traded quantity, in the source's unit.
    public var volume: String?
    /// Traded value, in the source's unit.
    public var amount: String?

    /// Creates a row.
    public init(
        time: String?, open: String?, high: String?, low: String?, close: String?, volume: String?, amount: String?
    ) {
        (self.time, self.open, self.high, self.low, self.close) = (time, open, high, low, close)
        (self.volume, self.amount) = (volume, amount)
    }

    var prices: [String?] { [open, high, low, close] }

    /// The cells, for a defect.
    var raw: String { ([time] + prices + [volume, amount]).map { $0 ?? "" }.joined(separator: ",") }
}
