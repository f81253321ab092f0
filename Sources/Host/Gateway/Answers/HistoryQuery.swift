import PluginKit

/// Which stored bars a request asks for: those of a period, or those between two times.
struct HistoryQuery {
    /// The parameters of the route.
    static let parameters = [
        Parameter("period", .word(Period.allCases.map(\.rawValue)), standard: "1y"),
        Parameter("from", .time, standard: "the first bar"),
        Parameter("to", .time, standard: "the last bar"),
        Parameter(
            "timeframe", .timeframe,
            standard: "that of the first pipeline, by id, that has a bar of the instrument, else 1d"),
        Parameter("limit", .count(1...most), standard: "\(most)"),
    ]
    private static let most = 100_000

    /// What the span of bars is.
    enum Span {
        /// Counted back from the instrument's last event.
        case period(Period)
        /// Event times, both included.
        case times(ClosedRange<Int64>)
    }

    /// The span of bars.
    let span: Span
    /// The timeframe; `nil` is the instrument's own.
    let timeframe: Timeframe?
    /// How many bars at most; the latest of the span are kept.
    let limit: Int

    /// Reads a query that was checked against `parameters`.
    init(_ query: QueryParameters) throws(GatewayError) {
        timeframe = query["timeframe"].flatMap { Timeframe($0) }
        limit = query["limit"].flatMap { Int($0) } ?? Self.most
        guard query["from"] != nil || query["to"] != nil else {
            span = .period(try Period(query["period"] ?? "1y"))
            return
        }
        if let period = query["period"] {
            throw .badParameter("period", period, allowed: "without 'from' and 'to' only")
        }
        let from = query["from"].flatMap { ParameterType.times($0) }?.lowerBound ?? .min
        let to = query["to"].flatMap { ParameterType.times($0) }?.upperBound ?? .max
        guard from <= to else {
            throw .badParameter("from", query["from"] ?? "", allowed: "a time that is not after 'to'")
        }
        span = .times(from...to)
    }
}
