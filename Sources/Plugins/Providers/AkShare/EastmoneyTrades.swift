import DelimitedText
import HTTPFetch
import JSONReading
import PluginKit

/// How Eastmoney is asked for the trades of a day, as AkShare's `stock_intraday_em` asks it, and what it writes of them.
enum EastmoneyTrades {
    /// Where the day's trades are, `get` for an answer and `sse` for a stream; `position` says from which one on.
    static func address(_ base: HTTPAddress, _ verb: String, secid: String, position: String) -> HTTPAddress {
        base.path("api", "qt", "stock", "details", verb).query([
            ("fields1", "f1,f2,f3,f4"), ("fields2", "f51,f52,f53,f54,f55"), ("mpi", "2000"), ("fltt", "2"),
            ("pos", position), ("secid", secid),
        ])
    }

    /// Reads `09:25:00,10.73,27,5,2`: time, price, lots, how many trades, side; `nil` where it is something else.
    static func row(_ text: String) -> ShareTradeRow? {
        let cells = text.split(separator: ",", omittingEmptySubsequences: false)
        guard cells.count >= 5, let second = second(cells[0]), let price = Scale(1).number(String(cells[1])),
            let size = Scale(100).number(String(cells[2])), price.isFinite, price > 0, size.isFinite, size >= 0
        else { return nil }
        let side: Trade.Side =
            switch cells[4] {
            case "2": .buy
            case "1": .sell
            default: .unknown
            }
        return ShareTradeRow(second: second, price: price, size: size, side: side)
    }

    /// Reads the rows of `details`; those that cannot be read are given as text.
    static func rows(_ data: JSONNode) -> (rows: [ShareTradeRow], unreadable: [String]) {
        var (rows, unreadable): ([ShareTradeRow], [String]) = ([], [])
        for element in data["details"].elements {
            let text = element.text ?? ""
            if let row = row(text) { rows.append(row) } else { unreadable.append(text) }
        }
        return (rows, unreadable)
    }

    /// The defect of a row that cannot be read.
    static func defect(_ text: String, _ instrument: InstrumentID, place: String) -> Defect {
        Defect(
            instrument: instrument, place: place, reason: "unreadable_row",
            message: "a local time, a price above 0, lots, a count and a side are needed.",
            raw: String(text.prefix(200)))
    }

    private static func second(_ text: Substring) -> Int64? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { Int64($0) }
        guard parts.count == 3, let hour = parts[0], let minute = parts[1], let second = parts[2],
            (0..<24).contains(hour), (0..<60).contains(minute), (0..<60).contains(second)
        else { return nil }
        return hour * 3_600 + minute * 60 + second
    }
}
