import DelimitedText

/// What a column of a file can hold.
enum BarColumn: String, CaseIterable, Sendable {
    case time
    case open
    case high
    case low
    case close
    case volume
    case amount
    case symbol
    case adjustedClose = "adjusted_close"
    case timeOfDay = "time_of_day"

    /// Position in a table of all columns, 0...9.
    var ordinal: Int {
        switch self {
        case .time: 0
        case .open: 1
        case .high: 2
        case .low: 3
        case .close: 4
        case .volume: 5
        case .amount: 6
        case .symbol: 7
        case .adjustedClose: 8
        case .timeOfDay: 9
        }
    }

    /// One sentence for the schema.
    var summary: String {
        switch self {
        case .time: "Date or time of the bar."
        case .open: "First price."
        case .high: "Highest price."
        case .low: "Lowest price."
        case .close: "Last price."
        case .volume: "Traded quantity; the word none where the files have none, volume is 0 then."
        case .amount: "Traded value; optional, none leaves it out."
        case .symbol: "Instrument of the row, needed where one file holds several; none ignores such a column."
        case .adjustedClose: "Close adjusted for splits and dividends; needed for adjust: ratio."
        case .timeOfDay: "Time of day, where it has a column of its own; date_format then has a space between the two."
        }
    }

    /// Names known without being told, as `folded` gives them; the first that a file has is taken.
    var knownNames: [String] {
        switch self {
        case .time:
            [
                "datetime", "timestamp", "tradedate", "date", "tradetime", "time", "day", "日期", "交易日期", "交易日", "时间",
                "交易时间",
            ]
        case .open: ["open", "openprice", "开盘", "开盘价"]
        case .high: ["high", "highprice", "最高", "最高价"]
        case .low: ["low", "lowprice", "最低", "最低价"]
        case .close: ["close", "closeprice", "收盘", "收盘价"]
        case .volume: ["volume", "vol", "成交量"]
        case .amount: ["amount", "money", "quotevolume", "成交额", "成交金额"]
        case .symbol: ["symbol", "tscode", "ticker", "instrument", "code", "stockcode", "代码", "股票代码", "证券代码"]
        case .adjustedClose: ["adjclose", "adjustedclose", "复权收盘", "复权收盘价"]
        case .timeOfDay: []
        }
    }

    /// Whether a file can do without it; `adjust: ratio` needs the adjusted close all the same.
    var isOptional: Bool { [.amount, .symbol, .adjustedClose, .timeOfDay].contains(self) }

    /// Returns a header's name as names are compared: lower case, without spaces, `_`, `-` and quotes.
    static func folded(_ name: String) -> String {
        String(name.lowercased().filter { !" \t_-\"'".contains($0) })
    }
}

/// What volume is counted in.
enum VolumeUnit: String, CaseIterable, Sendable {
    case shares
    case lots
    case thousands
    case tenThousands = "ten_thousands"
    case millions

    /// How many shares one unit is.
    func shares(lotSize: Int) -> Double {
        switch self {
        case .shares: 1
        case .lots: Double(lotSize)
        case .thousands: 1_000
        case .tenThousands: 10_000
        case .millions: 1_000_000
        }
    }
}

/// The encodings by their names in YAML.
enum TextEncodingName {
    static let all = TextEncoding.allCases.map(\.rawValue)
}

/// A factor for numbers of a file. A power of ten moves the decimal point before the number is rounded, so 297042.66
/// lots of 100 are exactly 29704266 shares.
struct Scale: Sendable, Hashable {
    private let factor: Double
    private let exponent: Int

    init(_ value: Double) {
        exponent = DecimalText.powerOfTen(value) ?? 0
        factor = exponent == 0 ? value : 1
    }

    /// Reads a field as a number times the factor; `nil` where it is none.
    func number(_ reader: RecordReader, _ field: Int) -> Double? {
        guard let value = reader.number(field, timesTenTo: exponent) else { return nil }
        return factor == 1 ? value : value * factor
    }
}
