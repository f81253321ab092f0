public import PluginKit

extension RecordBatch {
    /// Returns the instrument a row is about; `nil` for statuses and for alerts about none.
    public func instrument(at row: Int) -> InstrumentID? {
        switch content {
        case .bars(let bars): bars[row].instrument
        case .features(let features): features.rows[row].instrument
        case .predictions(let predictions): predictions.rows[row].instrument
        case .alerts(let alerts): alerts[row].instrument
        case .status: nil
        }
    }

    /// Returns the event time of a row, nanoseconds since the Unix epoch, UTC.
    public func time(at row: Int) -> Int64 {
        switch content {
        case .bars(let bars): bars[row].time
        case .features(let features): features.rows[row].time
        case .predictions(let predictions): predictions.rows[row].time
        case .alerts(let alerts): alerts[row].time
        case .status(let status): status[row].time
        }
    }
}

extension EventFlags {
    /// The names of the flags that are set: `partial`, `stale`, `after_rejected`, `fallback`, `adjusted`, `warm_up_only`,
    /// `new_level`.
    public var names: [String] {
        guard !isEmpty else { return [] }
        return Self.named.filter { contains($0.flag) }.map(\.name)
    }

    private static let named: [(flag: EventFlags, name: String)] = [
        (.partial, "partial"), (.stale, "stale"), (.afterRejected, "after_rejected"), (.fallback, "fallback"),
        (.adjusted, "adjusted"), (.warmUpOnly, "warm_up_only"),
        (.newLevel, "new_level"),
    ]
}
