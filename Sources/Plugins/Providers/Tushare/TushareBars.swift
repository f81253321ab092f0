import DelimitedText
import EventTiming
import FetchAssembly
import PluginKit
import ShareRows

/// Bars of Tushare's tables; pure functions of rows.
enum TushareBars {
    /// How the table of a timeframe is asked, and what its columns mean.
    struct Table: Sendable {
        let api: String
        let time: String
        /// Parameters beside symbol and range.
        var parameters: [(name: String, value: String)] = []
        /// Whether volume is lots and amount thousands; else shares and yuan.
        let isInLots: Bool

        /// The columns to ask for.
        var columns: [String] { ["ts_code", time, "open", "high", "low", "close", "vol", "amount"] }
    }

    /// Returns the table of a timeframe; `nil` where there is none.
    static func table(_ timeframe: Timeframe, isIndex: Bool) -> Table? {
        let minutes = timeframe.unit == .hour ? timeframe.count * 60 : timeframe.count
        switch timeframe.unit {
        case .day where timeframe.count == 1:
            return Table(api: isIndex ? "index_daily" : "daily", time: "trade_date", isInLots: true)
        case .week where timeframe.count == 1 && !isIndex:
            return Table(api: "weekly", time: "trade_date", isInLots: true)
        case .month where timeframe.count == 1 && !isIndex:
            return Table(api: "monthly", time: "trade_date", isInLots: true)
        case .minute, .hour:
            guard !isIndex, [1, 5, 15, 30, 60].contains(minutes) else { return nil }
            return Table(
                api: "stk_mins", time: "trade_time", parameters: [("freq", "\(minutes)min")], isInLots: false)
        default: return nil
        }
    }

    /// Returns the rows as bars, oldest first.
    static func bars(
        _ rows: [TushareTable.Row], _ table: Table, _ target: RowTarget, _ timeframe: Timeframe, owner: String,
        place: String
    ) throws(PluginError) -> FetchedEvents<Bar> {
        let rows = rows.reversed().map { row in
            ShareRow(
                time: row[table.time], open: row["open"], high: row["high"], low: row["low"], close: row["close"],
                volume: row["vol"], amount: row["amount"])
        }
        let units = (volume: Scale(table.isInLots ? 100 : 1), amount: Scale(table.isInLots ? 1_000 : 1))
        return try ShareRows(target, timeframe, volume: units.volume, amount: units.amount)
            .bars(rows, owner: owner, place: place)
    }

    /// Adjusts the prices of bars by the factors of their days, as Tushare's own client does: `hfq` is price times factor, `qfq`
    /// that over the last factor there is; factors oldest first. Volume and amount stay as traded. A bar before the first factor is a defect.
    static func adjusted(
        _ bars: FetchedEvents<Bar>, by factors: [(time: Int64, value: Double)], _ adjustment: Adjustment, place: String
    ) -> FetchedEvents<Bar> {
        var adjusted = FetchedEvents<Bar>(defects: bars.defects)
        let divisor = adjustment == .qfq ? factors.last?.value ?? 1 : 1
        var next = 0
        for var bar in bars.events.sorted(by: { $0.time < $1.time }) {
            // Factors hold from a session's begin on.
            while next < factors.count, factors[next].time <= bar.time { next += 1 }
            guard next > 0 else {
                adjusted.defects.append(
                    Defect(
                        instrument: bar.instrument, place: place, reason: "missing_factor",
                        message: "there is no adj_factor of the bar's day or before it.", raw: "\(bar.time)"))
                continue
            }
            let ratio = factors[next - 1].value / divisor
            (bar.open, bar.high) = (bar.open * ratio, bar.high * ratio)
            (bar.low, bar.close) = (bar.low * ratio, bar.close * ratio)
            adjusted.events.append(bar)
        }
        return adjusted
    }
}
