import DelimitedText
import PluginKit

/// How the files of one program or vendor are written: what options have where the manifest does not set them. One with
/// files of several kinds or forms has an entry for each.
struct HistoryPreset: Sendable {
    /// The word in the manifest.
    let name: String
    /// Whose files they are.
    var summary: String
    /// What the files have.
    var kind = EventKind.bar
    /// Timeframes of bars they have; any where there are none.
    var units: [Timeframe.Unit] = []
    /// Where they lie below the path; tried before the usual names.
    var pattern: String?
    /// How many fields a row has, where that tells them from others of the kind.
    var fieldCount: Int?
    /// The span that a row of another kind than bars sums up.
    var span: Timeframe?
    /// The words for who started a trade.
    var sides: (buy: String, sell: String)?
    /// Whether the side of a quote that a row leaves out is as it was.
    var keepsSides = false
    /// The header by which such a file is told, as `HistoryColumn.folded` gives names; empty where files have none.
    var header: [String] = []
    /// Names that the header has exactly as they are here.
    var spelled: [String] = []
    /// Columns whose names are not known anyhow, or mean something else here; numbers where there is no header.
    var columns: [HistoryColumn: String] = [:]
    var hasHeader = true
    var delimiter = ","
    var dateFormat = "auto"
    /// IANA name; by venue where there is none.
    var zone: String?
    var timeIs = "end"
    var volumeUnit = VolumeUnit.shares
    var amountUnit = 1.0
    var priceScale = 1.0
    var numbers = NumberFormatName.plain
    var hasSigns = false
    /// The order rows usually have; what a file has is found out.
    var order = "oldest first"

    /// Every preset, by name.
    static let all: [HistoryPreset] = (vendors + lean).sorted { $0.name < $1.name }

    private static let vendors: [HistoryPreset] = [
        HistoryPreset(
            name: "akshare", summary: "AkShare stock_zh_a_hist",
            header: ["日期", "开盘", "收盘", "最高", "最低", "成交量", "成交额", "换手率"], zone: "Asia/Shanghai", volumeUnit: .lots),
        HistoryPreset(
            name: "alpha_vantage", summary: "Alpha Vantage, datatype=csv",
            header: ["timestamp", "open", "high", "low", "close", "volume"], order: "newest first"),
        HistoryPreset(
            name: "baostock", summary: "BaoStock query_history_k_data_plus",
            header: ["date", "code", "open", "high", "low", "close", "preclose", "volume", "amount"],
            zone: "Asia/Shanghai"),
        HistoryPreset(
            name: "binance", summary: "Binance public data, klines without header",
            columns: [
                .time: "1", .open: "2", .high: "3", .low: "4", .close: "5", .volume: "6", .amount: "8",
            ], hasHeader: false, zone: "UTC", timeIs: "start"),
        HistoryPreset(
            name: "csmar", summary: "CSMAR, daily stock returns (TRD_Dalyr)",
            header: ["stkcd", "trddt", "opnprc", "hiprc", "loprc", "clsprc", "dnshrtrd", "dnvaltrd"],
            zone: "Asia/Shanghai"),
        HistoryPreset(
            name: "hikyuu", summary: "hikyuu, exported days",
            header: ["symbol", "date", "open", "amountkcny", "volumehands"],
            columns: [.volume: "volume_hands", .amount: "amount_kcny"], zone: "Asia/Shanghai", volumeUnit: .lots,
            amountUnit: 1_000),
        HistoryPreset(
            name: "hikyuu", summary: "hikyuu, exported trades", kind: .trade, sides: ("0", "1"),
            columns: [.time: "datetime", .price: "price", .size: "volume_hands", .side: "side"], zone: "Asia/Shanghai",
            volumeUnit: .lots),
        HistoryPreset(
            name: "investing", summary: "Investing.com, historical data",
            header: ["date", "price", "open", "high", "low", "vol.", "change%"],
            columns: [.close: "Price", .volume: "Vol."], dateFormat: "MM/dd/yyyy", numbers: "1,234.5", hasSigns: true,
            order: "newest first"),
        HistoryPreset(
            name: "joinquant", summary: "JoinQuant get_price",
            header: ["open", "close", "high", "low", "volume", "money"], zone: "Asia/Shanghai"),
        HistoryPreset(
            name: "metatrader", summary: "MetaTrader 5, exported bars",
            header: ["<date>", "<time>", "<open>", "<high>", "<low>", "<close>", "<tickvol>"],
            columns: [
                .time: "<DATE>", .timeOfDay: "<TIME>", .open: "<OPEN>", .high: "<HIGH>", .low: "<LOW>",
                .close: "<CLOSE>", .volume: "<TICKVOL>",
            ], delimiter: "tab", timeIs: "start"),
        HistoryPreset(
            name: "nasdaq", summary: "Nasdaq.com, historical quotes",
            header: ["date", "close/last", "volume", "open", "high", "low"], columns: [.close: "Close/Last"],
            dateFormat: "MM/dd/yyyy", numbers: "1,234.5", hasSigns: true, order: "newest first"),
        HistoryPreset(
            name: "qlib", summary: "Qlib, CSV for dump_bin",
            header: ["symbol", "date", "open", "high", "low", "close", "factor"],
            zone: "Asia/Shanghai"),
        HistoryPreset(
            name: "resset", summary: "RESSET, daily stock quotes, bilingual header",
            header: ["日期date", "开盘价oppr", "最高价hipr", "最低价lopr", "收盘价clpr"],
            zone: "Asia/Shanghai"),
        HistoryPreset(
            name: "stooq", summary: "Stooq, bulk files",
            header: ["<ticker>", "<per>", "<date>", "<time>", "<open>", "<high>", "<low>", "<close>", "<vol>"],
            columns: [
                .time: "<DATE>", .timeOfDay: "<TIME>", .open: "<OPEN>", .high: "<HIGH>", .low: "<LOW>",
                .close: "<CLOSE>", .volume: "<VOL>", .symbol: "<TICKER>",
            ], dateFormat: "yyyyMMdd HHmmss"),
        HistoryPreset(
            name: "tushare", summary: "Tushare daily",
            header: ["tscode", "tradedate", "open", "high", "low", "close", "vol", "amount"],
            columns: [.time: "trade_date", .symbol: "ts_code", .volume: "vol", .amount: "amount"],
            zone: "Asia/Shanghai",
            volumeUnit: .lots, amountUnit: 1_000, order: "newest first"),
        HistoryPreset(
            name: "tushare", summary: "Tushare, splits and dividends", kind: .factor,
            columns: [
                .time: "ex_date", .announced: "ann_date", .bonus: "stk_div", .cash: "cash_div_tax", .symbol: "ts_code",
            ],
            zone: "Asia/Shanghai", order: "newest first"),
        HistoryPreset(
            name: "tushare", summary: "Tushare, statements (name the figures)", kind: .figure,
            columns: [.time: "f_ann_date", .periodEnd: "end_date", .symbol: "ts_code"], zone: "Asia/Shanghai",
            order: "newest first"),
        HistoryPreset(
            name: "yahoo", summary: "Yahoo Finance and yfinance, days", units: [.day, .week, .month],
            header: ["date", "open", "high", "low", "close", "adjclose", "volume"]),
        HistoryPreset(
            name: "yahoo", summary: "yfinance within a day", units: [.hour, .minute, .second],
            header: ["datetime", "open", "high", "low", "close", "volume"], spelled: ["Datetime", "Close"],
            timeIs: "start"),
    ]

    /// QuantConnect Lean's folder `data/equity/usa`: prices times 10,000, days in the names of files, New York's time.
    private static let lean: [HistoryPreset] = {
        let bars: [HistoryColumn: String] = [.time: "1", .open: "2", .high: "3", .low: "4", .close: "5", .volume: "6"]
        var days = HistoryPreset(
            name: "lean", summary: "QuantConnect Lean, days and hours", units: [.day, .week, .month, .hour],
            pattern: "daily/{code}.zip", columns: bars, hasHeader: false, dateFormat: "yyyyMMdd HH:mm",
            timeIs: "start", priceScale: 0.0001)
        var hours = days
        (days.units, hours.units, hours.pattern) = ([.day, .week, .month], [.hour], "hour/{code}.zip")
        (days.summary, hours.summary) = ("QuantConnect Lean, days", "QuantConnect Lean, hours")
        var minutes = hours
        (minutes.units, minutes.summary) = ([.minute], "QuantConnect Lean, minutes")
        (minutes.pattern, minutes.dateFormat) = ("minute/{code}/{date}_trade.zip", "ms_of_day")
        var seconds = minutes
        (seconds.units, seconds.summary) = ([.second], "QuantConnect Lean, seconds")
        seconds.pattern = "second/{code}/{date}_trade.zip"
        return [days, hours, minutes, seconds] + leanTicks
    }()

    private static let leanTicks: [HistoryPreset] = {
        let trades = HistoryPreset(
            name: "lean", summary: "QuantConnect Lean, trades", kind: .trade, pattern: "tick/{code}/{date}_trade.zip",
            columns: [.time: "1", .price: "2", .size: "3", .suspect: "6"], hasHeader: false, dateFormat: "ms_of_day",
            priceScale: 0.0001)
        let quotes = HistoryPreset(
            name: "lean", summary: "QuantConnect Lean, quotes", kind: .quote, pattern: "tick/{code}/{date}_quote.zip",
            fieldCount: 8, keepsSides: true,
            columns: [.time: "1", .bid: "2", .bidSize: "3", .ask: "4", .askSize: "5", .suspect: "8"], hasHeader: false,
            dateFormat: "ms_of_day", priceScale: 0.0001)
        let minutes = HistoryPreset(
            name: "lean", summary: "QuantConnect Lean, quotes at the end of each minute", kind: .quote,
            pattern: "minute/{code}/{date}_quote.zip", fieldCount: 11, span: Timeframe(1, .minute),
            columns: [.time: "1", .bid: "5", .bidSize: "6", .ask: "10", .askSize: "11"], hasHeader: false,
            dateFormat: "ms_of_day", timeIs: "start", priceScale: 0.0001)
        return [trades, quotes, minutes]
    }()

    /// The names, each once.
    static var names: [String] { Set(all.map(\.name)).sorted() }

    /// Returns the forms of a name.
    static func named(_ name: String) -> [HistoryPreset] { all.filter { $0.name == name } }

    /// Returns the preset whose header a file has, the one with the most names; `nil` where none has all of them there.
    static func told(by header: [String]) -> HistoryPreset? {
        let names = Set(header.map(HistoryColumn.folded))
        return all.filter { preset in
            preset.kind == .bar && !preset.header.isEmpty && names.isSuperset(of: preset.header)
                && preset.spelled.allSatisfy(header.contains)
        }.max { $0.header.count < $1.header.count }
    }

    /// Whether files of both are read alike, whatever their programs are called.
    func reads(like other: HistoryPreset) -> Bool {
        name == other.name || columns == other.columns && zone == other.zone && words == other.words
    }

    /// How times and numbers are written and counted.
    private var words: [String] {
        [
            timeIs, dateFormat, volumeUnit.rawValue, "\(amountUnit)", "\(priceScale)", numbers, "\(hasSigns)",
            "\(hasHeader)", delimiter,
        ]
    }

    /// A row of the table in the provider's README.
    var row: String {
        let columns = HistoryColumn.allCases.compactMap { column in
            self.columns[column].map { "\(column.word) `\($0)`" }
        }
        let scale = priceScale == 0.0001 ? "0.0001" : "\(priceScale)"
        let units = [
            pattern.map { "`\($0)`" }, volumeUnit == .shares ? nil : "volume in \(volumeUnit.rawValue)",
            amountUnit == 1 ? nil : "amount times \(Int(amountUnit))", priceScale == 1 ? nil : "prices times \(scale)",
            numbers == NumberFormatName.plain ? nil : "numbers like \(numbers)", hasSigns ? "with $, K, M, B" : nil,
            timeIs == "start" ? "time is the start" : nil, sides.map { "buy \($0.buy), sell \($0.sell)" },
            keepsSides ? "missing_side: last" : nil,
        ].compactMap { $0 }
        let known = kind == .figure ? "`figures` to be named" : "known names"
        return
            "| `\(name)` | \(kind.rawValue) | \(summary) | \(columns.isEmpty ? known : columns.joined(separator: ", ")) | "
            + "\(units.isEmpty ? "shares" : units.joined(separator: ", ")) | \(order) | \(zone ?? "by venue") |"
    }
}

/// The ways to write numbers, by samples of 1234.5.
enum NumberFormatName {
    static let plain = "1234.5"
    static let all = [plain, "1234,5", "1,234.5", "1.234,5", "1 234,5", "1 234.5", "1'234.5"]

    /// Returns the format of a sample.
    static func format(_ sample: String, hasSigns: Bool) -> NumberFormat {
        let bytes = Array(sample.utf8)
        return NumberFormat(
            decimalMark: bytes[bytes.count - 2], groupMark: bytes.count > 6 ? bytes[1] : nil, hasSigns: hasSigns)
    }

    /// Returns ` Set ...` with the options that would make a text a number; empty where none would.
    static func hint(_ text: String) -> String {
        let bytes = Array(text.utf8)
        for hasSigns in [false, true] {
            let fitting = all.filter { DecimalText.number(bytes.span, format($0, hasSigns: hasSigns)) != nil }
            guard !fitting.isEmpty else { continue }
            let shown = (fitting.contains(plain) ? [plain] : fitting).map { "\"\($0)\"" }.joined(separator: " or ")
            return " Set number_format: \(shown)\(hasSigns ? ", number_signs: true" : "")."
        }
        return ""
    }
}
