import CivilTime
import HostCore
import JSONWriting
import PluginKit

/// `/api/v2/stocks/{symbol}/historical`: stored bars or other events, of a period before the instrument's last event or between two times.
struct HistoryAnswers: Sendable {
    private let view: HostView

    /// Creates the route over a host.
    init(_ view: HostView) { self.view = view }

    /// Answers for the symbol in the path and a query; `kind` where the route is of one alone.
    func reply(_ request: EndpointRequest, kind: EventKind? = nil) async throws -> Reply {
        let symbol = request.name
        let query = try HistoryQuery(request, kind: kind)
        let id = view.instruments.id(meantBy: symbol)
        // The store may have what no pipeline follows any more.
        guard let instrument = id.map(view.instruments.instrument) ?? (try? Instrument(parsing: symbol)) else {
            throw Self.unknown(symbol)
        }
        guard query.kind == .bar else {
            let history = EventHistory(store: view.bars, instrument: instrument, query: query)
            if let reply = try await history.reply() { return reply }
            throw id == nil ? Self.unknown(symbol) : Self.noEvent(instrument, query.kind)
        }
        let entry = (id.map { view.latest.entries($0) } ?? []).first {
            $0.event.bar != nil && (query.timeframe == nil || $0.timeframe == query.timeframe)
        }
        let timeframe = query.timeframe ?? entry?.timeframe ?? Timeframe(1, .day)
        let range: ClosedRange<Int64>
        switch query.span {
        case .times(let times): range = times
        case .period(let period):
            guard let last = try await lastTime(instrument, timeframe, entry, query) else {
                throw id == nil ? Self.unknown(symbol) : Self.noData(instrument, timeframe, "ever")
            }
            range = min(period.start(before: last), last)...last
        }
        guard let page = query.page(of: range),
            case let bars = try await stored(instrument, timeframe, page, query.limit + 1, query), !bars.isEmpty
        else { throw id == nil ? Self.unknown(symbol) : Self.noData(instrument, timeframe, "in that span") }
        let next = bars.count > query.limit ? query.cursor(bars[0].bar.time) : nil
        let asked = EventQuery(instrument: instrument, timeframe: timeframe, asOf: query.asOf)
        let doubt = try await view.bars.remark(on: query.adjust, asked)
        return Reply(next: next, Self.json(bars, instrument, timeframe, query, next, doubt))
    }

    /// Returns the event time of the last bar: the newest one held, or the newest one stored where that has another span.
    private func lastTime(
        _ instrument: Instrument, _ timeframe: Timeframe, _ entry: LatestValues.Entry?, _ query: HistoryQuery
    ) async throws -> Int64? {
        if let entry, entry.timeframe == timeframe, query.asOf == .max { return entry.event.time }
        return try await stored(instrument, timeframe, .min ... .max, 1, query).last?.bar.time
    }

    private func stored(
        _ instrument: Instrument, _ timeframe: Timeframe, _ range: ClosedRange<Int64>, _ limit: Int,
        _ query: HistoryQuery
    ) async throws -> [StoredBar] {
        do {
            let asked = EventQuery(
                instrument: instrument, timeframe: timeframe, range: range, asOf: query.asOf, limit: limit)
            return try await view.bars.bars(asked, adjusted: query.adjust)
        } catch {
            if error.code == .badRequest { throw GatewayError(.badParameter, "gateway: \(error.message)") }
            throw error.code == .cancelled ? CancellationError() : GatewayError.store(error)
        }
    }

    /// Writes the last bars up to the limit; one more says that there are earlier ones, and where they end.
    private static func json(
        _ bars: [StoredBar], _ instrument: Instrument, _ timeframe: Timeframe, _ query: HistoryQuery, _ next: String?,
        _ remark: String?
    ) -> JSONText {
        let page = bars.suffix(query.limit)
        var json = JSONText(capacity: 256 + page.count * 160)
        json.object { json in
            json.field("symbol", instrument.code)
            json.field("instrument", instrument.description)
            json.field("timeframe", timeframe.description)
            if case .period(let period) = query.span { json.field("period", period.rawValue) }
            if query.adjust != .raw { json.field("adjust", query.adjust.rawValue) }
            if query.asOf != .max { json.field("as_of", time: query.asOf) }
            if let remark { json.field("remark", remark) }
            json.field("count", page.count)
            if let next {
                json.field("next_to", time: bars[0].bar.time)
                json.field("next_cursor", next)
            }
            json.key("bars")
            json.array { json in for bar in page { json.append(bar) } }
        }
        return json
    }

    /// A symbol nobody has.
    static func unknown(_ symbol: String) -> GatewayError {
        GatewayError(
            .unknownSymbol,
            "gateway: no instrument \(PluginError.quoted(symbol)). /api/v2/system/status lists what runs.")
    }

    private static func noEvent(_ instrument: Instrument, _ kind: EventKind) -> GatewayError {
        GatewayError(
            .noData,
            "gateway: no \(kind.rawValue) of \(instrument) was stored in that span. Ask another span or 'kind'.")
    }

    private static func noData(_ instrument: Instrument, _ timeframe: Timeframe, _ when: String) -> GatewayError {
        GatewayError(
            .noData,
            "gateway: no bar of \(instrument) at \(timeframe) was stored \(when). Ask another span or 'timeframe'.")
    }
}

extension EventStore {
    /// Says in an answer why adjusted prices may be as traded; `nil` where they are not.
    func remark(on adjusted: PriceAdjustment, _ query: EventQuery) async throws -> String? {
        do {
            return try await doubt(of: adjusted, query)?.message { String(ISO8601.format($0).prefix(10)) }
        } catch {
            throw error.code == .cancelled ? CancellationError() : GatewayError.store(error)
        }
    }
}

extension JSONText {
    /// Writes a stored bar.
    mutating func append(_ stored: StoredBar) {
        object { json in
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
}
