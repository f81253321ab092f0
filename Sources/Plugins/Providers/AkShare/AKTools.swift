import DelimitedText
import FetchAssembly
import HTTPFetch
import JSONReading
import PluginKit
import ShareRows

/// AKTools: AkShare itself, behind HTTP on this machine.
///
/// Volume of bars is lots, sizes of the book are shares already, amounts yuan. A snapshot has no time of its own.
struct AKTools: ShareSource {
    let name = "aktools"
    let bansByClosing = false
    /// `http://127.0.0.1:8080`.
    let base: HTTPAddress

    /// AkShare takes a code for Shanghai's where it begins with 6; AKTools runs what it is sent as Python.
    func covers(_ instrument: Instrument) -> Bool {
        instrument.code.utf8.count == 6 && instrument.code.utf8.allSatisfy { (0x30...0x39).contains($0) }
            && instrument.isMainland && instrument.code.hasPrefix("6") == (instrument.venue == "SH")
    }

    func request(_ question: ShareQuestion) -> HTTPRequest? {
        switch question.kind {
        case .bar: return bars(question).map { HTTPRequest(get: $0) }
        case .quote, .orderBook: return HTTPRequest(get: function("stock_bid_ask_em", question, []))
        default: return nil
        }
    }

    func fault(_ response: HTTPResponse, _ question: ShareQuestion) -> PluginError? {
        let error = response.status == 404 ? try? question.json(response)["error"].text : nil
        guard let error else { return response.fault(question.owner, for: question.what) }
        let (code, remedy): (PluginError.Code, String) =
            if error.contains("未找到该接口") {
                (.configuration, "Update AkShare where AKTools runs")
            } else if error.contains("数据为空") {
                (.noData, "Ask for another range")
            } else {
                (.badRequest, "Update AKTools and AkShare, and report it if it lasts")
            }
        return PluginError(
            code, "\(question.owner): AKTools says \(PluginError.quoted(error)) for \(question.what). \(remedy).")
    }

    func bars(_ response: HTTPResponse, _ question: ShareQuestion) throws(PluginError) -> FetchedEvents<Bar> {
        guard case .array(let elements) = try question.json(response) else {
            throw question.malformed(response, "has no list of bars")
        }
        if let other = elements.compactMap({ $0["股票代码"].scalar }).first(where: { $0 != question.code }) {
            throw question.malformed(response, "is about \(PluginError.quoted(other))")
        }
        let rows = elements.map { row in
            ShareRow(
                time: row["日期"].scalar ?? row["时间"].scalar, open: row["开盘"].scalar, high: row["最高"].scalar,
                low: row["最低"].scalar, close: row["收盘"].scalar, volume: row["成交量"].scalar, amount: row["成交额"].scalar)
        }
        guard rows.isEmpty || rows.contains(where: { $0 != Self.empty }) else {
            throw question.malformed(response, "has none of the columns that are known")
        }
        return try ShareRows(question.target, question.timeframe, volume: Scale(100))
            .bars(rows, owner: question.owner, place: response.place)
    }

    func book(_ response: HTTPResponse, _ question: ShareQuestion) throws(PluginError) -> OrderBook {
        guard case .array(let elements) = try question.json(response) else {
            throw question.malformed(response, "has no list of items")
        }
        let items = Dictionary(elements.map { ($0["item"].text ?? "", $0["value"].scalar) }) { first, _ in first }
        guard elements.isEmpty || items["buy_1"] != nil else {
            throw question.malformed(response, "has no item 'buy_1'")
        }
        func levels(_ side: String) -> [(price: String?, size: String?)] {
            (1...5).map { (items["\(side)_\($0)"] ?? nil, items["\(side)_\($0)_vol"] ?? nil) }
        }
        return try BookCells(bids: levels("buy"), asks: levels("sell")).book(response, question, size: Scale(1))
    }

    private static let empty = ShareRow(
        time: nil, open: nil, high: nil, low: nil, close: nil, volume: nil, amount: nil)

    private func bars(_ question: ShareQuestion) -> HTTPAddress? {
        let adjustment = ("adjust", question.adjustment == .none ? "" : question.adjustment.rawValue)
        let (first, last) = question.days
        if let minutes = question.minutes {
            guard [1, 5, 15, 30, 60].contains(minutes), minutes > 1 || question.adjustment == .none else { return nil }
            return function(
                "stock_zh_a_hist_min_em", question,
                [
                    ("period", "\(minutes)"), ("start_date", "\(first) 09:00:00"), ("end_date", "\(last) 15:00:00"),
                    adjustment,
                ])
        }
        return question.word("daily", "weekly", "monthly").map { period in
            function(
                "stock_zh_a_hist", question,
                [
                    ("period", period), ("start_date", first.replacing("-", with: "")),
                    ("end_date", last.replacing("-", with: "")), adjustment,
                ])
        }
    }

    private func function(_ name: String, _ question: ShareQuestion, _ items: [(String, String)]) -> HTTPAddress {
        base.path("api", "public", name).query([("symbol", question.code)] + items)
    }
}
