import FetchAssembly
import HTTPFetch
import JSONReading
import PluginKit

/// Best bids and asks from `/v7/finance/quote`.
enum YahooQuotes {
    static func address(_ base: HTTPAddress, _ symbols: String) -> HTTPAddress {
        base.path("v7", "finance", "quote").query([
            ("symbols", symbols), ("formatted", "false"), ("lang", "en-US"), ("region", "US"),
        ])
    }

    /// Reads a good response; a side without a price is empty, and who has none at all has no quote.
    static func decode(
        _ response: HTTPResponse, _ names: [String: InstrumentReference], _ options: YahooOptions
    ) throws(PluginError) -> FetchedEvents<Quote> {
        let subject = JSONSubject("\(options.instance): the quotes of \(response.place)")
        let envelope = try JSONNode(response.body, subject)["quoteResponse"]
        if let fault = YahooFault.fault(in: envelope, options.instance) { throw fault }
        var found = FetchedEvents<Quote>()
        for node in envelope["result"].elements {
            guard let reference = node["symbol"].text.flatMap({ names[$0] }) else { continue }
            let unit = options.unit(of: node["currency"].text)
            func side(_ name: String) -> Double? { node[name].number.flatMap { $0 > 0 ? $0 * unit : nil } }
            guard let time = node["regularMarketTime"].integer, (0..<1 << 33).contains(time) else {
                found.defects.append(
                    Defect(
                        instrument: reference.id, place: response.place, reason: "missing_time",
                        message: "the quote has no 'regularMarketTime'.", raw: node["symbol"].text ?? ""))
                continue
            }
            let (bid, ask) = (side("bid"), side("ask"))
            guard bid != nil || ask != nil else { continue }
            found.events.append(
                Quote(
                    time: time * 1_000_000_000, bid: bid ?? .nan, ask: ask ?? .nan,
                    bidSize: bid == nil ? 0 : node["bidSize"].number ?? 0,
                    askSize: ask == nil ? 0 : node["askSize"].number ?? 0, instrument: reference.id))
        }
        return found
    }
}
