import CivilTime
import DelimitedText
import PluginKit
import TestSupport
import Testing

/// Daily bars of the market data beside the repository, as their files have them.
enum RealSeries {
    /// Where the numbers of a row stand.
    private struct Layout {
        let time, open, high, low, close, volume: Int
        var symbol: Int?
    }

    /// US stocks and funds, raw, 1998-2021.
    static func lean() throws -> [String: [Bar]] {
        let codes = ["aapl", "aig", "bac", "eem", "fb", "goog", "ibm", "iwm", "qqq", "spy", "uso", "wm"]
        return try read(
            codes.map { ("lean/daily/\($0).zip", $0) },
            Layout(time: 0, open: 1, high: 2, low: 3, close: 4, volume: 5), scale: 1e-4)
    }

    /// A-shares adjusted to the newest bar, 2010-2020.
    static func qbot() throws -> [String: [Bar]] {
        let names = Repository.names(in: "../shared/data/market/qbot_a_share_daily").filter { $0.hasSuffix(".csv") }
        return try read(
            names.map { ("qbot_a_share_daily/\($0)", $0) },
            Layout(time: 2, open: 3, high: 4, low: 5, close: 6, volume: 10))
    }

    /// A-shares and two indices, raw, 1990-2011.
    static func hikyuu() throws -> [String: [Bar]] {
        try read(
            [("hikyuu/sh_day_raw.csv.gz", ""), ("hikyuu/sz_day_raw.csv.gz", "")],
            Layout(time: 1, open: 2, high: 3, low: 4, close: 5, volume: 7, symbol: 0))
    }

    /// Three rows of an adjusted series in front of 257 raw ones.
    static func spliced() throws -> [Bar] {
        try read(
            [("dirty_real/000001.csv", "000001")], Layout(time: 0, open: 1, high: 3, low: 4, close: 2, volume: 5))[
                "000001"] ?? []
    }

    /// GameStop as the exchange traded it, raw, from 2020-11-30 to 2021-03-12.
    static func squeeze() throws -> [Bar] {
        try read(
            [("GME.csv", "GME")], Layout(time: 0, open: 1, high: 2, low: 3, close: 4, volume: 5),
            in: "\(Repository.root)/Tests/Fixtures/Quality")["GME"] ?? []
    }

    private static func read(
        _ files: [(path: String, name: String)], _ layout: Layout, scale: Double = 1,
        in folder: String = Repository.market
    ) throws -> [String: [Bar]] {
        var all: [String: [Bar]] = [:]
        for (path, name) in files {
            let reader = RecordReader(path: "\(folder)/\(path)")
            while try reader.next() {
                guard let day = day(reader.text(layout.time) ?? ""), let open = reader.number(layout.open),
                    let high = reader.number(layout.high), let low = reader.number(layout.low),
                    let close = reader.number(layout.close), let volume = reader.number(layout.volume)
                else { continue }
                let bar = Bar(
                    time: day * 86_400_000_000_000, open: open * scale, high: high * scale, low: low * scale,
                    close: close * scale, volume: volume, instrument: InstrumentID(rawValue: 0))
                all[layout.symbol.flatMap { reader.text($0) } ?? name, default: []].append(bar)
            }
        }
        for name in all.keys { all[name]?.sort { $0.time < $1.time } }
        return all
    }

    /// `20240827`, `20240827 00:00` or `2024-08-27`.
    private static func day(_ text: String) -> Int64? {
        let digits = text.filter { $0 != "-" }.prefix(8)
        guard digits.count == 8, let number = Int(digits) else { return nil }
        return CivilDate(year: number / 10_000, month: number / 100 % 100, day: number % 100)?.daysSinceEpoch
    }
}
