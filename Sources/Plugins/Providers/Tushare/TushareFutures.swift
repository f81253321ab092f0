import CivilTime
import DelimitedText
import EventTiming
import FetchAssembly
import PluginKit
import ShareRows

/// The futures of the mainland's exchanges: names, contracts, days.
enum TushareFutures {
    /// How the exchanges end Tushare's codes.
    static let exchanges = ["SHFE": "SHF", "DCE": "DCE", "CZCE": "ZCE", "CFFEX": "CFX", "INE": "INE", "GFEX": "GFE"]

    /// Its name at Tushare.
    static func symbol(_ instrument: Instrument) -> String {
        "\(instrument.code).\(exchanges[instrument.venue] ?? instrument.venue)"
    }

    /// The columns of `fut_daily` that are asked for.
    static let columns = ["ts_code", "trade_date", "open", "high", "low", "close", "vol", "amount", "oi"]

    /// The contracts of a product that traded in some days, that which is delivered first being the first.
    static func contracts(
        _ rows: [TushareTable.Row], of product: String, _ first: String, _ last: String
    ) -> [String] {
        let own = rows.compactMap { row -> (code: String, end: String)? in
            guard row["fut_code"] == product, let code = row["ts_code"], let begin = row["list_date"],
                let end = row["delist_date"], begin <= last, end >= first
            else { return nil }
            return (code, end)
        }
        return own.sorted { ($0.end, $0.code) < ($1.end, $1.code) }.map(\.code)
    }

    /// The days of a contract, ascending; those without a trade are none. Volume is in contracts, amount in ten thousand yuan.
    static func days(
        _ rows: [TushareTable.Row], _ target: RowTarget, owner: String, place: String
    ) throws(PluginError) -> (days: [ContractRoll.Day], defects: [Defect]) {
        let traded = rows.reversed().filter { !ShareRows.isNothing($0["open"]) }
        let reading = ShareRows(target, Timeframe(1, .day), amount: Scale(10_000))
        var (days, defects): ([ContractRoll.Day], [Defect]) = ([], [])
        let bars = try reading.bars(traded.map(row), owner: owner, place: place)
        defects = bars.defects
        guard defects.isEmpty else { return (bars.events.map { ContractRoll.Day($0, interest: .nan) }, defects) }
        for (bar, row) in zip(bars.events, traded) {
            days.append(ContractRoll.Day(bar, interest: row["oi"].flatMap { Scale(1).number($0) } ?? .nan))
        }
        return (days, defects)
    }

    private static func row(_ row: TushareTable.Row) -> ShareRow {
        ShareRow(
            time: row["trade_date"], open: row["open"], high: row["high"], low: row["low"], close: row["close"],
            volume: row["vol"], amount: row["amount"])
    }
}
