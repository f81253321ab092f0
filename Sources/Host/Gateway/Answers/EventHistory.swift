import HostCore
import JSONWriting
import PluginKit

/// Stored events of another kind than bars, of a period before the instrument's last one or between two times.
struct EventHistory: Sendable {
    let store: any EventStore
    let instrument: Instrument
    let query: HistoryQuery

    /// Returns the last events of the span, or `nil` where there are none.
    func reply() async throws -> Reply? { try await reply(query.kind.type) }

    private func reply<Event: MarketEvent>(_ type: Event.Type) async throws -> Reply? {
        guard let range = try await range(type), let part = query.page(of: range) else { return nil }
        let (events, next) = try await page(type, part)
        return events.isEmpty ? nil : Reply(next: next.map(query.cursor), json(events, next))
    }

    private func range<Event: MarketEvent>(_ type: Event.Type) async throws -> ClosedRange<Int64>? {
        switch query.span {
        case .times(let times): return times
        case .period(let period):
            guard let last = try await stored(type, .min ... .max, 1).last?.event.time else { return nil }
            return min(period.start(before: last), last)...last
        }
    }

    /// Returns the last events of a range, and where those before them end. Of an instant come all or none, so that pages neither
    /// overlap nor leave anything out: so a page may have fewer events than were asked for, and one of a single instant more.
    private func page<Event: MarketEvent>(
        _ type: Event.Type, _ range: ClosedRange<Int64>
    ) async throws -> (events: [StoredEvent<Event>], next: Int64?) {
        let events = try await stored(type, range, query.limit + 1)
        guard events.count > query.limit, let cut = events.first?.event.time else { return (events, nil) }
        let whole = events.drop { $0.event.time == cut }
        guard whole.isEmpty else { return (Array(whole), cut) }
        let instant = try await stored(type, cut...cut, .max)
        guard cut > range.lowerBound else { return (instant, nil) }
        return (instant, try await stored(type, range.lowerBound...cut - 1, 1).last?.event.time)
    }

    private func stored<Event: MarketEvent>(
        _ type: Event.Type, _ range: ClosedRange<Int64>, _ limit: Int
    ) async throws -> [StoredEvent<Event>] {
        do {
            return try await store.events(
                type,
                EventQuery(
                    instrument: instrument, timeframe: Timeframe(1, .day), range: range, asOf: query.asOf, limit: limit)
            )
        } catch {
            throw error.code == .cancelled ? CancellationError() : GatewayError.store(error)
        }
    }

    private func json<Event: MarketEvent>(_ events: [StoredEvent<Event>], _ next: Int64?) -> JSONText {
        var json = JSONText(capacity: 256 + events.count * 160)
        json.object { json in
            json.field("symbol", instrument.code)
            json.field("instrument", instrument.description)
            json.field("kind", Event.kind.rawValue)
            if case .period(let period) = query.span { json.field("period", period.rawValue) }
            if query.asOf != .max { json.field("as_of", time: query.asOf) }
            json.field("count", events.count)
            if let next {
                json.field("next_to", time: next)
                json.field("next_cursor", query.cursor(next))
            }
            json.key("events")
            json.array { json in for event in events { Self.append(event, to: &json) } }
        }
        return json
    }

    private static func append<Event: MarketEvent>(_ stored: StoredEvent<Event>, to json: inout JSONText) {
        json.object { json in
            json.field("time", time: stored.event.time)
            write(stored.event, to: &json)
            if !stored.event.flags.isEmpty { json.field("flags", stored.event.flags.names) }
            json.field("source", stored.provenance.source)
            if stored.version > 1 { json.field("version", stored.version) }
        }
    }

    private static func write(_ event: any MarketEvent, to json: inout JSONText) {
        switch event {
        case let trade as Trade:
            json.field("price", trade.price)
            json.field("size", trade.size)
            json.field("side", "\(trade.side)")
        case let quote as Quote:
            json.field("bid", quote.bid)
            json.field("ask", quote.ask)
            json.field("bid_size", quote.bidSize)
            json.field("ask_size", quote.askSize)
        case let book as OrderBook:
            json.field("sequence", Int(book.sequence))
            write(book.bids, "bids", to: &json)
            write(book.asks, "asks", to: &json)
        case let figure as Figure:
            json.field("period_end", time: figure.periodEnd)
            json.field("name", figure.name.description)
            json.field("value", figure.value)
        case let factor as Factor:
            json.field("announced", time: factor.announced)
            json.field("ratio", factor.ratio)
            json.field("cash", factor.cash)
            json.field("rights", factor.rights)
            json.field("rights_price", factor.rightsPrice)
        default: break
        }
    }

    /// Levels of a side, each as price and size, the best first.
    private static func write(_ side: OrderBook.Side, _ name: String, to json: inout JSONText) {
        json.key(name)
        json.array { json in
            for level in side {
                json.array { json in
                    json.value(level.price)
                    json.value(level.size)
                }
            }
        }
    }
}
