import HostCore
import JSONWriting
import NIOCore
import PluginKit
import Synchronization

/// `Endpoint.quotes`: the newest event of each instrument in each pipeline, as a quote.
///
/// A quote's JSON is made once an event and kept until the next one.
final class QuoteAnswers: Sendable {
    private struct Fragment {
        let entry: LatestValues.Entry
        let json: [UInt8]
    }

    private let view: HostView
    private let fragments = Mutex<[InstrumentID: [Fragment]]>([:])
    private let cache = AnswerCache()

    /// Creates the route over a host.
    init(_ view: HostView) { self.view = view }

    /// Answers a query.
    func reply(_ query: QueryParameters) throws(GatewayError) -> Reply {
        let found = SymbolList(query).resolve(in: view.instruments)
        let filter = PipelineFilter(query)
        var quotes: [[UInt8]] = []
        var empty: [String] = []
        for (instrument, id) in found.known {
            let rows = fragments(id, instrument, filter)
            if rows.isEmpty { empty.append(instrument.description) } else { quotes += rows }
        }
        guard !quotes.isEmpty else { throw found.fault(empty: empty) }
        var json = JSONText(capacity: quotes.reduce(256) { $0 + $1.count + 1 })
        json.object { json in
            json.field("count", quotes.count)
            json.key("quotes")
            json.array { for quote in quotes { $0.raw(quote) } }
            json.field("unknown", found.unknown)
            json.field("no_data", empty)
        }
        return Reply(json)
    }

    /// Answers a request target out of memory, or returns `nil` where the answer is an error or another route's.
    func hotAnswer(_ target: String) -> HotAnswer? {
        let version = view.latest.version
        if let answer = cache.answer(target, version: version) { return answer }
        let endpoint = Endpoint.quotes
        guard target.hasPrefix(endpoint.path), let split = target.firstIndex(of: "?"),
            target[..<split] == endpoint.path,
            let reply = try? reply(endpoint.parameters.read(target[target.index(after: split)...]))
        else { return nil }
        let answer = HotAnswer(reply, of: endpoint)
        cache.keep(answer, target, version: version)
        return answer
    }

    /// Returns an instrument's quotes as JSON, one a pipeline that has an event.
    func fragments(
        _ id: InstrumentID, _ instrument: Instrument, _ filter: PipelineFilter = PipelineFilter()
    ) -> [[UInt8]] {
        let entries = view.latest.entries(id)
        var kept = fragments.withLock { $0[id] } ?? []
        if !kept.elementsEqual(entries, by: { $0.entry.isSame(as: $1) }) {
            kept = entries.map { Fragment(entry: $0, json: Self.json($0, instrument)) }
            fragments.withLock { [kept] in $0[id] = kept }
        }
        return kept.filter { filter.takes($0.entry.pipeline, $0.entry.timeframe) }.map(\.json)
    }

    private static func json(_ entry: LatestValues.Entry, _ instrument: Instrument) -> [UInt8] {
        var json = JSONText(capacity: 320)
        json.object { json in
            json.field("symbol", instrument.code)
            json.field("instrument", instrument.description)
            write(entry, to: &json)
            json.field("time", time: entry.event.time)
            if entry.event.bar != nil { json.field("timeframe", entry.timeframe.description) }
            json.field("pipeline", entry.pipeline)
            json.field("source", entry.source)
            json.field("flags", entry.event.flags.names)
        }
        return json.bytes
    }

    /// Writes the numbers of the event; of another kind than bars it says which.
    private static func write(_ entry: LatestValues.Entry, to json: inout JSONText) {
        if entry.event.bar == nil { json.field("kind", entry.event.kind.rawValue) }
        switch entry.event {
        case .bar(let bar): write(bar, entry.previousClose, to: &json)
        case .trade(let trade):
            json.field("price", trade.price)
            json.field("size", trade.size)
            json.field("side", "\(trade.side)")
        case .quote(let quote): write(quote.bid, quote.ask, quote.bidSize, quote.askSize, to: &json)
        case .orderBook(let book):
            let (bid, ask) = (book.bids.first, book.asks.first)
            write(bid?.price ?? .nan, ask?.price ?? .nan, bid?.size ?? .nan, ask?.size ?? .nan, to: &json)
        }
    }

    private static func write(
        _ bid: Double, _ ask: Double, _ bidSize: Double, _ askSize: Double, to json: inout JSONText
    ) {
        json.field("bid", bid)
        json.field("ask", ask)
        json.field("bid_size", bidSize)
        json.field("ask_size", askSize)
    }

    private static func write(_ bar: Bar, _ previousClose: Double, to json: inout JSONText) {
        let change = bar.close - previousClose
        json.field("open", bar.open)
        json.field("high", bar.high)
        json.field("low", bar.low)
        json.field("close", bar.close)
        json.field("previous_close", previousClose)
        json.field("change", rounded(change, like: bar.close))
        // Over a price that is not above zero there is no percentage.
        let base = previousClose > 0 ? previousClose : .nan
        json.field("change_percent", rounded(change / base * 100, like: 100_000))
        json.field("volume", bar.volume)
    }

    /// Rounds away what a subtraction leaves behind the tenth digit of the price.
    private static func rounded(_ number: Double, like price: Double) -> Double {
        var scale = 1e10
        var magnitude = abs(price)
        while magnitude >= 1, scale > 100 {
            magnitude /= 10
            scale /= 10
        }
        let result = (number * scale).rounded() / scale
        return result.isFinite ? result : number
    }
}

extension LatestValues.Entry {
    /// Whether nothing changed since.
    fileprivate func isSame(as other: LatestValues.Entry) -> Bool {
        version == other.version && pipeline == other.pipeline
    }
}
