import HostCore
import PluginKit

/// Which stored events a request asks for: those of a period, or those between two times.
struct HistoryQuery {
    /// The parameters of the route.
    static let parameters = [
        Parameter("kind", .word(EventKind.allCases.map(\.rawValue)), standard: "bar"),
        Parameter("period", .word(Period.allCases.map(\.rawValue)), standard: "1y"),
        Parameter("from", .time, standard: "the first event"),
        Parameter("to", .time, standard: "the last event"),
        Parameter(
            "timeframe", .timeframe,
            standard: "that of the first pipeline, by id, that has a bar of the instrument, else 1d"),
        Parameter("limit", .count(1...most), standard: "\(most)"), Cursor.parameter,
        Parameter("adjust", .word(PriceAdjustment.allCases.map(\.rawValue)), standard: "none"),
        Parameter("as_of", .time, standard: "all that is known"),
    ]
    /// Those of a route for one kind of events that are no bars.
    static let ofEvents = parameters.filter { !["kind", "timeframe", "adjust"].contains($0.name) }
    private static let most = 100_000

    /// What the span of events is.
    enum Span {
        /// Counted back from the instrument's last event.
        case period(Period)
        /// Event times, both included.
        case times(ClosedRange<Int64>)
    }

    /// The kind of event.
    let kind: EventKind
    /// The span of events.
    let span: Span
    /// The timeframe; `nil` is the instrument's own.
    let timeframe: Timeframe?
    /// How prices are adjusted.
    let adjust: PriceAdjustment
    /// What became known later counts for nothing; nanoseconds since the Unix epoch, UTC.
    let asOf: Int64
    /// How many events at most; the latest of the span are kept.
    let limit: Int
    /// The last event time of the page; `.max` on the first page.
    private let pageEnd: Int64
    private let request: EndpointRequest

    /// Reads a query that was checked against `parameters`, or against `ofEvents` and means one kind.
    init(_ request: EndpointRequest, kind only: EventKind? = nil) throws(GatewayError) {
        let query = request.query
        self.request = request
        pageEnd = try Cursor(request)?.position ?? .max
        kind = only ?? query["kind"].flatMap { EventKind(rawValue: $0) } ?? .bar
        if kind != .bar, let name = ["timeframe", "adjust"].first(where: { query[$0] != nil }) {
            throw .badParameter(name, query[name] ?? "", allowed: "with kind=bar only")
        }
        timeframe = query["timeframe"].flatMap { Timeframe($0) }
        adjust = query["adjust"].flatMap { PriceAdjustment(rawValue: $0) } ?? .raw
        asOf = query["as_of"].flatMap { ParameterType.times($0) }?.upperBound ?? .max
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

    /// Returns what of a span is on the page or before it, `nil` where nothing is.
    func page(of range: ClosedRange<Int64>) -> ClosedRange<Int64>? {
        let end = min(range.upperBound, pageEnd)
        return end < range.lowerBound ? nil : range.lowerBound...end
    }

    /// Returns the cursor of the page whose last event time is this one.
    func cursor(_ end: Int64) -> String { Cursor.text(end, of: request) }
}
