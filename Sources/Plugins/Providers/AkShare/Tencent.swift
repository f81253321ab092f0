import DelimitedText
import EventTiming
import FetchAssembly
import HTTPFetch
import JSONReading
import PluginKit
import ShareRows

/// Tencent, asked as AkShare's `stock_zh_a_hist_tx`, for minutes and for quotes.
///
/// Volume and sizes are lots, of the STAR market (688, 689) shares; amounts, where there are any, ten thousands of yuan.
struct Tencent: ShareSource {
    let name = "tencent"
    /// Bars of days, weeks, months: `https://web.ifzq.gtimg.cn`.
    let history: HTTPAddress
    /// Bars of minutes: `https://ifzq.gtimg.cn`.
    let minutes: HTTPAddress
    /// Snapshots: `https://qt.gtimg.cn`.
    let quotes: HTTPAddress

    func request(_ question: ShareQuestion) -> HTTPRequest? {
        switch question.kind {
        case .bar: bars(question).map { HTTPRequest(get: $0) }
        case .quote, .orderBook: quotes.literal("/q=\(question.prefixed)").map { HTTPRequest(get: $0) }
        default: nil
        }
    }

    func bars(_ response: HTTPResponse, _ question: ShareQuestion) throws(PluginError) -> FetchedEvents<Bar> {
        let root = try question.json(response)
        guard case .object = root["data"] else {
            throw root["code"].isNull ? question.malformed(response, "has no 'data'") : question.unknown(response)
        }
        guard case .object = root["data"][question.prefixed] else { throw question.unknown(response) }
        let data = root["data"][question.prefixed]
        // What has no adjustment, as an index, is under the plain word.
        guard let list = keys(question).map({ data[$0] }).first(where: { !$0.isNull }) else {
            throw question.malformed(response, "has none of \(keys(question))")
        }
        let rows = list.elements.map { row in
            // date, open, close, high, low, volume; in the newer form then {}, turnover, amount
            ShareRow(
                time: row[0].scalar, open: row[1].scalar, high: row[3].scalar, low: row[4].scalar,
                close: row[2].scalar, volume: row[5].scalar, amount: question.minutes == nil ? row[8].scalar : nil)
        }
        let unit = question.adjustment == .none ? TencentUnit(rows, question) : TencentUnit(question)
        let longest = question.minutes == nil ? Self.longest : Self.longestOfMinutes
        return try ShareRows(question.target, question.timeframe, volume: unit.scale, amount: Scale(10_000))
            .bars(rows, owner: question.owner, place: response.place)
            .limited(to: longest, rows: rows.count, question, response)
    }

    func book(_ response: HTTPResponse, _ question: ShareQuestion) throws(PluginError) -> OrderBook {
        guard let text = GB18030.text(response.body) else { throw question.malformed(response, "is no GB18030") }
        guard let value = ScriptText.value(of: "v_\(question.prefixed)", in: text) else {
            throw text.contains("v_pv_none_match")
                ? question.unknown(response) : question.malformed(response, "says nothing of it")
        }
        let cells = value.split(separator: "~", omittingEmptySubsequences: false).map(String.init)
        guard cells.count > 38, cells[2] == question.code else {
            throw question.malformed(
                response, "has \(cells.count) cells, or is about another; 39 of a snapshot are needed")
        }
        func levels(from first: Int) -> [(price: String?, size: String?)] {
            (0..<5).map { (cells[first + $0 * 2], cells[first + $0 * 2 + 1]) }
        }
        let day = ShareRow(
            time: nil, open: cells[5], high: cells[33], low: cells[34], close: cells[3], volume: cells[36],
            amount: cells[37])
        return try BookCells(time: cells[30], bids: levels(from: 9), asks: levels(from: 19))
            .book(response, question, size: TencentUnit([day], question).scale)
    }

    /// Rows in a reply at most.
    private static let (longest, longestOfMinutes) = (2_000, 320)

    private func bars(_ question: ShareQuestion) -> HTTPAddress? {
        let prefix = question.prefixed
        if let count = question.minutes {
            guard question.adjustment == .none, [1, 5, 15, 30, 60].contains(count) else { return nil }
            return minutes.path("appstock", "app", "kline", "mkline").query([
                ("param", "\(prefix),m\(count),,\(Self.longestOfMinutes)")
            ])
        }
        guard let word = question.word("day", "week", "month") else { return nil }
        let (first, last) = question.days
        let adjustment = question.adjustment == .none ? "" : question.adjustment.rawValue
        return history.path("appstock", "app", "fqkline", "get").query([
            ("param", "\(prefix),\(word),\(first),\(last),\(Self.longest),\(adjustment)")
        ])
    }

    private func keys(_ question: ShareQuestion) -> [String] {
        if let minutes = question.minutes { return ["m\(minutes)"] }
        let word = question.word("day", "week", "month") ?? ""
        return question.adjustment == .none ? [word] : ["\(question.adjustment.rawValue)\(word)", word]
    }
}

/// What Tencent counts volume in: by the code, unless the traded value says that it is the other.
private struct TencentUnit {
    let scale: Scale

    init(_ question: ShareQuestion) {
        let isStar = question.venue == "SH" && (question.code.hasPrefix("688") || question.code.hasPrefix("689"))
        scale = Scale(isStar ? 1 : 100)
    }

    /// Takes the unit by which the average price of most rows lies within their prices; by the code where none has a value.
    init(_ rows: [ShareRow], _ question: ShareQuestion) {
        let assumed = TencentUnit(question).scale
        let known = question.target.reference.instrument.isMainlandIndex ? [] : rows.suffix(100).compactMap(Self.size)
        let lots = known.count { $0 == 100 }
        let shares = known.count { $0 == 1 }
        scale = lots == shares ? assumed : Scale(lots > shares ? 100 : 1)
    }

    /// Shares in a unit of a row's volume; `nil` where its value does not say.
    private static func size(_ row: ShareRow) -> Double? {
        func number(_ text: String?) -> Double? { text.flatMap { Scale(1).number($0) } }
        guard let amount = number(row.amount), let volume = number(row.volume), let high = number(row.high),
            let low = number(row.low), volume > 0, low > 0
        else { return nil }
        return [100, 1].first { size in
            let price = amount * 10_000 / (volume * size)
            return price > low * 0.9 && price < high * 1.1
        }
    }
}
