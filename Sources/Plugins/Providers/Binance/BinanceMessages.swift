import FetchAssembly
import HTTPFetch
import JSONReading
import PluginKit

/// Binance's replies as events; pure functions of bytes.
enum BinanceMessages {
    static let intervals = "1s, 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, 12h, 1d, 3d, 1w, 1mo"

    /// Returns Binance's word for a timeframe, or `nil` where it has none.
    static func interval(_ timeframe: Timeframe) -> String? {
        guard intervals.split(separator: ", ").contains("\(timeframe)") else { return nil }
        return timeframe.unit == .month ? "\(timeframe.count)M" : "\(timeframe)"
    }

    /// Returns Binance's name: `BTCUSDT` for `BTCUSDT.BINANCE` and `BTC-USDT.CRYPTO`; throws `.notFound` for other venues.
    static func symbol(_ instrument: Instrument, _ instance: String) throws(PluginError) -> String {
        guard ["BINANCE", "CRYPTO"].contains(instrument.venue) else {
            throw PluginError(
                .notFound,
                "\(instance): \(instrument) is not at Binance; allowed are the venues BINANCE and CRYPTO. Route it elsewhere."
            )
        }
        return instrument.code.filter { $0 != "-" && $0 != "/" }
    }

    /// Returns the fault of a response, or `nil` where it is good.
    static func fault(_ response: HTTPResponse, _ what: String, _ instance: String) -> PluginError? {
        guard let fault = response.fault(instance, for: what) else { return nil }
        guard let node = try? JSONNode(response.body, JSONSubject("")), let number = node["code"].integer else {
            return fault
        }
        let words = PluginError.quoted(node["msg"].text ?? "")
        let code: PluginError.Code =
            switch number {
            case -1121: .notFound
            case -1003 where response.status != 418: .rateLimited
            default: fault.code
            }
        return PluginError(code, "\(fault.message) Binance says \(number) \(words).", retryAfter: fault.retryAfter)
    }

    /// Reads `/api/v3/klines`: a bar ends where the next begins.
    static func bars(
        _ response: HTTPResponse, _ id: InstrumentID, _ instance: String
    ) throws(PluginError) -> FetchedEvents<Bar> {
        try rows(response, id, instance, "klines") { row in
            guard let end = row[6].integer.flatMap({ nanoseconds($0, plus: 1) }), let open = row[1].number,
                let high = row[2].number, let low = row[3].number, let close = row[4].number, let volume = row[5].number
            else { return nil }
            return Bar(
                time: end, open: open, high: high, low: low, close: close, volume: volume,
                amount: row[7].number ?? .nan,
                instrument: id)
        }
    }

    /// Reads `/api/v3/aggTrades`; where the buyer waited in the book, the seller took.
    static func trades(
        _ response: HTTPResponse, _ id: InstrumentID, _ instance: String
    ) throws(PluginError) -> (found: FetchedEvents<Trade>, lastID: Int64?) {
        var last: Int64?
        let found = try rows(response, id, instance, "trades") { row -> Trade? in
            guard let time = row["T"].integer.flatMap({ nanoseconds($0) }), let price = row["p"].number,
                let size = row["q"].number, let isBuyerMaker = row["m"].boolean
            else { return nil }
            last = row["a"].integer
            return Trade(time: time, price: price, size: size, side: isBuyerMaker ? .sell : .buy, instrument: id)
        }
        return (found, last)
    }

    /// Reads `/api/v3/ticker/bookTicker`, which has no time: now.
    static func quote(
        _ response: HTTPResponse, _ id: InstrumentID, _ instance: String, now: Int64
    ) throws(PluginError) -> FetchedEvents<Quote> {
        let subject = subject(response, instance, "quote")
        let node = try JSONNode(response.body, subject)
        guard let bid = node["bidPrice"].number, let bidSize = node["bidQty"].number, let ask = node["askPrice"].number,
            let askSize = node["askQty"].number
        else { throw PluginError(subject.code, "\(subject.name) has no bid and ask. \(subject.remedy)") }
        // An empty side is told as zeros.
        guard bid > 0 || ask > 0 else { return FetchedEvents() }
        return FetchedEvents([
            Quote(
                time: now, bid: bid > 0 ? bid : .nan, ask: ask > 0 ? ask : .nan, bidSize: bidSize, askSize: askSize,
                instrument: id)
        ])
    }

    /// Reads `/api/v3/depth`, which has no time: now.
    static func book(
        _ response: HTTPResponse, _ id: InstrumentID, _ instance: String, now: Int64
    ) throws(PluginError) -> FetchedEvents<OrderBook> {
        let subject = subject(response, instance, "order book")
        let node = try JSONNode(response.body, subject)
        func side(_ name: String) throws(PluginError) -> [OrderBook.Level] {
            var levels: [OrderBook.Level] = []
            for level in node[name].elements.prefix(OrderBook.depth) {
                guard let price = level[0].number, let size = level[1].number else {
                    throw PluginError(
                        subject.code, "\(subject.name) has a level without price or size. \(subject.remedy)")
                }
                levels.append(OrderBook.Level(price: price, size: size))
            }
            return levels
        }
        guard let sequence = node["lastUpdateId"].integer else {
            throw PluginError(subject.code, "\(subject.name) has no 'lastUpdateId'. \(subject.remedy)")
        }
        return FetchedEvents([
            OrderBook(
                time: now, sequence: sequence, bids: try side("bids"), asks: try side("asks"), instrument: id)
        ])
    }

    /// The defect of a range with more pages than are asked for.
    static func cut(_ pages: Int, _ id: InstrumentID) -> Defect {
        Defect(
            instrument: id, place: "page \(pages)", reason: "too_many_pages",
            message:
                "the range has more than \(pages) pages; the rest is not asked for. Raise max_pages, or ask for less.",
            raw: "")
    }

    private static func rows<Event: MarketEvent>(
        _ response: HTTPResponse, _ id: InstrumentID, _ instance: String, _ what: String, _ read: (JSONNode) -> Event?
    ) throws(PluginError) -> FetchedEvents<Event> {
        let subject = subject(response, instance, what)
        guard case .array(let rows) = try JSONNode(response.body, subject) else {
            throw PluginError(subject.code, "\(subject.name) is no list. \(subject.remedy)")
        }
        var found = FetchedEvents<Event>()
        for (number, row) in rows.enumerated() {
            if let event = read(row) {
                found.events.append(event)
            } else {
                found.defects.append(
                    Defect(
                        instrument: id, place: "\(response.place):\(number + 1)", reason: "unreadable_row",
                        message: "the row lacks a time, price or size, or has one that is no number.", raw: "\(row)"))
            }
        }
        guard found.events.isEmpty, !rows.isEmpty else { return found }
        throw PluginError(subject.code, "\(subject.name) has not one row that can be read. \(subject.remedy)")
    }

    private static func subject(_ response: HTTPResponse, _ instance: String, _ what: String) -> JSONSubject {
        JSONSubject("\(instance): the \(what) of \(response.place)")
    }

    /// Returns an instant in nanoseconds; `nil` beyond what events can have.
    static func nanoseconds(_ milliseconds: Int64, plus more: Int64 = 0) -> Int64? {
        (0..<9_214_646_400_000).contains(milliseconds) ? (milliseconds + more) * 1_000_000 : nil
    }
}
