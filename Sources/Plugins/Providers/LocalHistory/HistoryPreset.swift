import DelimitedText

/// How the files of one program or vendor are written: what options have where the manifest does not set them.
struct HistoryPreset: Sendable {
    /// The word in the manifest.
    let name: String
    /// Whose files they are.
    let summary: String
    /// The header by which such a file is told, as `BarColumn.folded` gives names; empty where files have none.
    var header: [String] = []
    /// Columns whose names are not known anyhow, or mean something else here; numbers where there is no header.
    var columns: [BarColumn: String] = [:]
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
    static let all: [HistoryPreset] = [
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
            name: "investing", summary: "Investing.com, historical data",
            header: ["date", "price", "open", "high", "low", "vol.", "change%"],
            columns: [.close: "Price", .volume: "Vol."], dateFormat: "MM/dd/yyyy", numbers: "1,234.5", hasSigns: true,
            order: "newest first"),
        HistoryPreset(
            name: "joinquant", summary: "JoinQuant get_price",
            header: ["open", "close", "high", "low", "volume", "money"], zone: "Asia/Shanghai"),
        HistoryPreset(
            name: "lean", summary: "QuantConnect Lean daily files, unpacked",
            columns: [.time: "1", .open: "2", .high: "3", .low: "4", .close: "5", .volume: "6"], hasHeader: false,
            dateFormat: "yyyyMMdd HH:mm", timeIs: "start", priceScale: 0.0001),
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
            name: "yahoo", summary: "Yahoo Finance and yfinance",
            header: ["date", "open", "high", "low", "close", "adjclose", "volume"]),
    ]

    /// Returns the preset of a name.
    static func named(_ name: String) -> HistoryPreset? { all.first { $0.name == name } }

    /// Returns the preset whose header a file has, the one with the most names; `nil` where none has all of them there.
    static func told(by header: [String]) -> HistoryPreset? {
        let names = Set(header.map(BarColumn.folded))
        return all.filter { !$0.header.isEmpty && names.isSuperset(of: $0.header) }.max {
            $0.header.count < $1.header.count
        }
    }

    /// A row of the table in the provider's README.
    var row: String {
        let columns = BarColumn.allCases.compactMap { column in
            self.columns[column].map { "\(column.rawValue) `\($0)`" }
        }
        let units = [
            volumeUnit == .shares ? nil : "volume in \(volumeUnit.rawValue)",
            amountUnit == 1 ? nil : "amount times \(Int(amountUnit))",
            priceScale == 1 ? nil : "prices times \(priceScale)",
            numbers == NumberFormatName.plain ? nil : "numbers like \(numbers)", hasSigns ? "with $, K, M, B" : nil,
            timeIs == "start" ? "time is the start" : nil,
        ].compactMap { $0 }
        return "| `\(name)` | \(summary) | \(columns.isEmpty ? "known names" : columns.joined(separator: ", ")) | "
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
