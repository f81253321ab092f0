import HostCore
import NIOCore
import PluginKit
import Synchronization

/// `Endpoint.quotes`: the newest bar of each instrument in each pipeline, as a quote.
///
/// A quote's JSON is made once a bar and kept until the next one.
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
        let answer = HotAnswer(reply)
        cache.keep(answer, target, version: version)
        return answer
    }

    /// Returns an instrument's quotes as JSON, one a pipeline that has a bar.
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
        let bar = entry.bar
        let change = bar.close - entry.previousClose
        var json = JSONText(capacity: 320)
        json.object { json in
            json.field("symbol", instrument.code)
            json.field("instrument", instrument.description)
            json.field("open", bar.open)
            json.field("high", bar.high)
            json.field("low", bar.low)
            json.field("close", bar.close)
            json.field("previous_close", entry.previousClose)
            json.field("change", rounded(change, like: bar.close))
            json.field("change_percent", rounded(change / entry.previousClose * 100, like: 100_000))
            json.field("volume", bar.volume)
            json.field("time", time: bar.time)
            json.field("timeframe", entry.timeframe.description)
            json.field("pipeline", entry.pipeline)
            json.field("source", entry.source)
            json.field("flags", bar.flags.names)
        }
        return json.bytes
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
