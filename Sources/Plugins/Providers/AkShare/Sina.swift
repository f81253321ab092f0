import DelimitedText
import EventTiming
import FetchAssembly
import HTTPFetch
import JSONReading
import PluginKit
import ShareRows

/// Sina, asked as AkShare's `stock_zh_a_minute`, the factors of its `stock_zh_a_daily`, and its page of quotes.
///
/// Volume and sizes are shares, amounts yuan; bars are as traded. It refuses whoever sends no `Referer`.
struct Sina: ShareSource {
    let name = "sina"
    /// Bars: `https://quotes.sina.cn`.
    let history: HTTPAddress
    /// Snapshots: `https://hq.sinajs.cn`.
    let quotes: HTTPAddress
    /// Factors: `https://finance.sina.com.cn`.
    let company: HTTPAddress
    /// Futures: `https://stock2.finance.sina.com.cn`.
    let futures: HTTPAddress

    func request(_ question: ShareQuestion) -> HTTPRequest? {
        address(question).map {
            HTTPRequest(get: $0, headers: [HTTPRequest.Header("Referer", "https://finance.sina.com.cn/")])
        }
    }

    func bars(_ response: HTTPResponse, _ question: ShareQuestion) throws(PluginError) -> FetchedEvents<Bar> {
        let root = try question.json(response)
        if root.isNull { throw question.unknown(response) }
        guard case .array(let elements) = root else { throw question.malformed(response, "has no list of bars") }
        let rows = elements.map { row in
            ShareRow(
                time: row["day"].scalar, open: row["open"].scalar, high: row["high"].scalar, low: row["low"].scalar,
                close: row["close"].scalar, volume: row["volume"].scalar, amount: row["amount"].scalar)
        }
        return try ShareRows(question.target, question.timeframe)
            .bars(rows, owner: question.owner, place: response.place)
            .limited(to: Self.longest, rows: rows.count, question, response)
    }

    func book(_ response: HTTPResponse, _ question: ShareQuestion) throws(PluginError) -> OrderBook {
        guard let text = GB18030.text(response.body) else { throw question.malformed(response, "is no GB18030") }
        guard let value = ScriptText.value(of: "hq_str_\(question.prefixed)", in: text) else {
            throw question.malformed(response, "says nothing of it")
        }
        guard !value.isEmpty else { throw question.unknown(response) }
        let cells = value.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard cells.count > 31 else {
            throw question.malformed(response, "has \(cells.count) cells of a snapshot, 32 are needed")
        }
        func levels(from first: Int) -> [(price: String?, size: String?)] {
            (0..<5).map { (cells[first + $0 * 2 + 1], cells[first + $0 * 2]) }
        }
        return try BookCells(time: "\(cells[30]) \(cells[31])", bids: levels(from: 10), asks: levels(from: 20))
            .book(response, question, size: Scale(1))
    }

    func factors(_ response: HTTPResponse, _ question: ShareQuestion) throws(PluginError) -> FetchedEvents<Factor> {
        let root = try question.json(response)
        guard case .array(let elements) = root["data"] else {
            throw question.malformed(response, "has no list of factors")
        }
        let entries = elements.map { FactorSteps.Entry(day: $0["d"].scalar ?? "", value: $0["f"].scalar ?? "") }
        return FactorSteps.factors(entries, question.target, place: response.place)
    }

    /// Rows in a reply at most.
    private static let longest = 1_970

    private func address(_ question: ShareQuestion) -> HTTPAddress? {
        switch question.kind {
        case .bar:
            let minutes = question.minutes.flatMap { [5, 15, 30, 60].contains($0) ? "\($0)" : nil }
            guard question.adjustment == .none, let scale = minutes ?? (question.isDaily ? "240" : nil) else {
                return nil
            }
            return history.literal("/cn/api/jsonp_v2.php/=/CN_MarketDataService.getKLineData")?.query([
                ("symbol", question.prefixed), ("scale", scale), ("ma", "no"), ("datalen", "\(Self.longest)"),
            ])
        case .quote, .orderBook: return quotes.literal("/list=\(question.prefixed)")
        case .factor: return company.path("realstock", "company", question.prefixed, "hfq.js")
        default: return nil
        }
    }
}

extension FetchedEvents where Event == Bar {
    /// Says where a source that gives its last rows only has no more, and older ones were asked for.
    func limited(
        to longest: Int, rows: Int, _ question: ShareQuestion, _ response: HTTPResponse
    ) -> FetchedEvents<Bar> {
        guard rows >= longest, let first = events.map(\.time).min(), first > question.span.range.lowerBound else {
            return self
        }
        var limited = self
        limited.defects.append(
            Defect(
                instrument: question.target.reference.id, place: response.place, reason: "too_many_rows",
                message: "the source gives the last \(longest) bars only; older ones are not there.", raw: ""))
        return limited
    }
}
