import HostCore
import PluginKit

/// `/api/v2/stocks/{symbol}/historical`: stored bars, counted back from the instrument's last event.
struct HistoryAnswers: Sendable {
    /// The route, as the router writes it.
    static let path = "/api/v2/stocks/{symbol}/historical"
    private static let maxLimit = 100_000

    private let view: HostView

    /// Creates the route over a host.
    init(_ view: HostView) { self.view = view }

    /// Answers for the symbol in the path and a query string.
    func reply(symbol: String, query: some StringProtocol & Sendable) async throws -> Reply {
        guard let instrument = try? Instrument(parsing: symbol) else { throw Self.unknown(symbol) }
        let parameters = QueryParameters(query)
        let period = try Period(parameters["period"] ?? "1y")
        let limit = try Self.limit(parameters["limit"])
        let entries = view.instruments.id(of: instrument).map { view.latest.entries($0) } ?? []
        let asked = try PipelineFilter.timeframe(parameters)
        let entry = entries.first { asked == nil || $0.timeframe == asked }
        let timeframe = asked ?? entry?.timeframe ?? Timeframe(1, .day)
        guard let last = try await lastTime(instrument, timeframe, entry) else {
            if view.instruments.id(of: instrument) == nil { throw Self.unknown(symbol) }
            throw Self.noData(instrument, timeframe)
        }
        let range = min(period.start(before: last), last)...last
        let bars = try await stored(instrument, timeframe, range, limit)
        guard !bars.isEmpty else { throw Self.noData(instrument, timeframe) }
        return Reply(Self.json(bars, instrument, timeframe, period))
    }

    /// Returns the event time of the last bar: the newest one held, or the newest one stored where that has another span.
    private func lastTime(
        _ instrument: Instrument, _ timeframe: Timeframe, _ entry: LatestValues.Entry?
    ) async throws -> Int64? {
        if let entry, entry.timeframe == timeframe { return entry.bar.time }
        return try await stored(instrument, timeframe, .min ... .max, 1).last?.bar.time
    }

    private func stored(
        _ instrument: Instrument, _ timeframe: Timeframe, _ range: ClosedRange<Int64>, _ limit: Int
    ) async throws -> [StoredBar] {
        do {
            return try await view.bars.bars(of: instrument, timeframe: timeframe, range: range, limit: limit)
        } catch {
            throw error.code == .cancelled ? CancellationError() : GatewayError.store(error)
        }
    }

    private static func json(
        _ bars: [StoredBar], _ instrument: Instrument, _ timeframe: Timeframe, _ period: Period
    ) -> JSONText {
        var json = JSONText(capacity: 256 + bars.count * 160)
        json.object { json in
            json.field("symbol", instrument.code)
            json.field("instrument", instrument.description)
            json.field("timeframe", timeframe.description)
            json.field("period", period.rawValue)
            json.field("count", bars.count)
            json.key("bars")
            json.array { json in for bar in bars { append(bar, to: &json) } }
        }
        return json
    }

    private static func append(_ stored: StoredBar, to json: inout JSONText) {
        json.object { json in
            json.field("time", time: stored.bar.time)
            json.field("open", stored.bar.open)
            json.field("high", stored.bar.high)
            json.field("low", stored.bar.low)
            json.field("close", stored.bar.close)
            json.field("volume", stored.bar.volume)
            if stored.bar.amount.isFinite { json.field("amount", stored.bar.amount) }
            json.field("source", stored.source)
            if stored.version > 1 { json.field("version", stored.version) }
        }
    }

    private static func limit(_ text: String?) throws(GatewayError) -> Int {
        guard let text else { return maxLimit }
        guard let limit = Int(text), (1...maxLimit).contains(limit) else {
            throw .badParameter("limit", text, allowed: "1...\(maxLimit) bars")
        }
        return limit
    }

    private static func unknown(_ symbol: String) -> GatewayError {
        GatewayError(
            .unknownSymbol,
            "gateway: no instrument \(PluginError.quoted(symbol)). /api/v2/system/status lists what runs.")
    }

    private static func noData(_ instrument: Instrument, _ timeframe: Timeframe) -> GatewayError {
        GatewayError(.noData, "gateway: no stored bar of \(instrument) at \(timeframe). Ask another 'timeframe'.")
    }
}
