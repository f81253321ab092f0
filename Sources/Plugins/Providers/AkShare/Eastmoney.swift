import DelimitedText
import EventTiming
import FetchAssembly
import HTTPFetch
import JSONReading
import PluginKit
import ShareRows

/// Eastmoney, asked as AkShare's `stock_zh_a_hist`, `stock_zh_a_hist_min_em`, `stock_bid_ask_em` and `stock_intraday_em` ask it.
///
/// Volume and sizes are lots, amounts yuan. It refuses an address by closing connections without a reply.
struct Eastmoney: ShareSource {
    let name = "eastmoney"
    /// Bars: `https://push2his.eastmoney.com`.
    let history: HTTPAddress
    /// Snapshots: `https://push2.eastmoney.com`.
    let quotes: HTTPAddress
    /// Trades as they come: `https://70.push2.eastmoney.com`.
    let stream: HTTPAddress
    let figures: EastmoneyFigures

    func request(_ question: ShareQuestion) -> HTTPRequest? {
        let instrument = question.target.reference.instrument
        let secid = ("secid", Self.secid(instrument))
        switch question.kind {
        case .bar: return bars(question, secid).map { HTTPRequest(get: $0, headers: Self.headers) }
        case .quote, .orderBook:
            let address = quotes.path("api", "qt", "stock", "get").query([
                secid, ("fltt", "2"), ("invt", "2"), ("fields", Self.snapshotFields),
                ("ut", "fa5fd1943c7b386f172d6893dbfba10b"),
            ])
            return HTTPRequest(get: address, headers: Self.headers)
        case .trade:
            let address = EastmoneyTrades.address(
                quotes, "get", secid: Self.secid(instrument), position: "-1000000")
            return HTTPRequest(get: address, headers: Self.headers)
        default: return nil
        }
    }

    /// How the trades of a share are streamed: those of the day first.
    func tradeStream(_ instrument: Instrument) -> HTTPRequest {
        HTTPRequest(
            get: EastmoneyTrades.address(stream, "sse", secid: Self.secid(instrument), position: "-0"),
            headers: Self.headers)
    }

    func trades(_ response: HTTPResponse, _ question: ShareQuestion) throws(PluginError) -> FetchedEvents<Trade> {
        let (rows, unreadable) = EastmoneyTrades.rows(try data(response, question, code: "code"))
        let target = question.target
        return FetchedEvents(
            ShareTape.trades(rows, target, now: question.now),
            defects: unreadable.map { EastmoneyTrades.defect($0, target.reference.id, place: response.place) })
    }

    private static func secid(_ instrument: Instrument) -> String {
        "\(instrument.venue == "SH" ? 1 : 0).\(instrument.code)"
    }

    func bars(_ response: HTTPResponse, _ question: ShareQuestion) throws(PluginError) -> FetchedEvents<Bar> {
        let data = try data(response, question, code: "code")
        let lines = isTrend(question) ? data["trends"] : data["klines"]
        guard case .array(let elements) = lines else { throw question.malformed(response, "has no list of bars") }
        let rows = elements.map { element in
            // date, open, close, high, low, volume, amount, then what is not asked here
            let cells = (element.text ?? "").split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            func cell(_ place: Int) -> String? { place < cells.count ? cells[place] : nil }
            return ShareRow(
                time: cell(0), open: cell(1), high: cell(3), low: cell(4), close: cell(2), volume: cell(5),
                amount: cell(6))
        }
        return try ShareRows(question.target, question.timeframe, volume: Scale(100))
            .bars(rows, owner: question.owner, place: response.place)
    }

    func book(_ response: HTTPResponse, _ question: ShareQuestion) throws(PluginError) -> OrderBook {
        let data = try data(response, question, code: "f57")
        func levels(_ prices: [Int]) -> [(price: String?, size: String?)] {
            prices.map { (data["f\($0)"].scalar, data["f\($0 + 1)"].scalar) }
        }
        guard let time = data["f86"].scalar else { throw question.malformed(response, "does not say of when it is") }
        return try BookCells(time: time, bids: levels(Self.bids), asks: levels(Self.asks))
            .book(response, question, size: Scale(100))
    }

    /// The fields of the price of each level, best first; its lots are in the field behind.
    private static let bids = [19, 17, 15, 13, 11]
    private static let asks = [39, 37, 35, 33, 31]
    private static let snapshotFields =
        (["f57", "f86"] + (bids + asks).flatMap { ["f\($0)", "f\($0 + 1)"] }).joined(separator: ",")
    private static let headers = [HTTPRequest.Header("Referer", "https://quote.eastmoney.com/")]

    private func isTrend(_ question: ShareQuestion) -> Bool { question.minutes == 1 }

    private func bars(_ question: ShareQuestion, _ secid: (String, String)) -> HTTPAddress? {
        let token = ("ut", "7eea3edcaed734bea9cbfc24409ed989")
        if isTrend(question) {
            guard question.adjustment == .none else { return nil }
            return history.path("api", "qt", "stock", "trends2", "get").query([
                secid, ("ndays", "5"), ("iscr", "0"), ("fields1", Self.fields(1...13)),
                ("fields2", Self.fields(51...58)),
                token,
            ])
        }
        let minutes = question.minutes.flatMap { [5, 15, 30, 60].contains($0) ? "\($0)" : nil }
        guard let span = minutes ?? question.word("101", "102", "103") else { return nil }
        let days = question.days
        // Of minutes it has the last weeks, and AkShare asks for all of them.
        let range = minutes == nil ? (compact(days.first), compact(days.last)) : ("0", "20500000")
        let adjustment = [Adjustment.none: "0", .qfq: "1", .hfq: "2"][question.adjustment] ?? "0"
        return history.path("api", "qt", "stock", "kline", "get").query([
            secid, ("klt", span), ("fqt", adjustment), ("beg", range.0), ("end", range.1),
            ("fields1", Self.fields(1...6)), ("fields2", Self.fields(51...61)), token,
        ])
    }

    private func compact(_ date: String) -> String { date.replacing("-", with: "") }

    private static func fields(_ numbers: ClosedRange<Int>) -> String {
        numbers.map { "f\($0)" }.joined(separator: ",")
    }

    /// The data of a reply about the instrument asked for.
    private func data(
        _ response: HTTPResponse, _ question: ShareQuestion, code: String
    ) throws(PluginError) -> JSONNode {
        let root = try question.json(response)
        let data = root["data"]
        guard case .object = data else {
            guard let number = root["rc"].integer else {
                throw question.malformed(response, "has neither 'rc' nor 'data'")
            }
            throw question.unknown(response, " (rc \(number))")
        }
        guard data[code].scalar == question.code else {
            throw question.malformed(response, "is about \(PluginError.quoted(data[code].scalar ?? ""))")
        }
        return data
    }
}
