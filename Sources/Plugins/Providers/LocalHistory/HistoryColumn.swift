import DelimitedText
import PluginKit

/// What a column of a file can hold, whatever the kind of event.
enum HistoryColumn: Int, CaseIterable, Sendable {
    case time, timeOfDay, symbol
    case open, high, low, close, volume, amount, adjustedClose
    case price, size, side
    case bid, bidSize, ask, askSize, sequence, suspect
    case periodEnd, name, value, figures
    case announced, ratio, bonus, cash, rights, rightsPrice

    /// The word in the manifest.
    var word: String { "\(self)".reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : "\($1)" } }

    /// One sentence for the schema.
    var summary: String {
        switch self {
        case .time: "Date or time of the event; of a figure, when it was published."
        case .timeOfDay: "Time of day, where it has a column of its own; date_format then has a space between the two."
        case .symbol: "Instrument of the row, needed where one file holds several; none ignores such a column."
        case .open: "First price."
        case .high: "Highest price."
        case .low: "Lowest price."
        case .close: "Last price."
        case .volume: "Traded quantity; the word none where the files have none, volume is 0 then."
        case .amount: "Traded value; optional, none leaves it out."
        case .adjustedClose: "Close adjusted for splits and dividends; needed for adjust: ratio."
        case .price: "Price of a trade."
        case .size: "Quantity of a trade."
        case .side: "Who started a trade, see sides; optional, none leaves it out."
        case .bid: "Best bid; of an order book every bid, by {n} for the level: bid{n}; without header numbers: 2 4 6."
        case .bidSize: "Quantity at the bid, or at every bid as in bid; optional for quotes."
        case .ask: "Best ask, or every ask as in bid."
        case .askSize: "Quantity at the ask, or at every ask as in bid; optional for quotes."
        case .sequence: "Number of an order book's update; optional."
        case .suspect: "1 or true where the source doubts the row; optional."
        case .periodEnd: "End of the period a figure is about; optional, then when it was published."
        case .name: "Name of a figure, where each has a row."
        case .value: "Value of a figure, where each has a row."
        case .figures: "Figures that are columns of a row: revenue, net_income=净利润 (name=header where they differ)."
        case .announced: "When a factor was announced; optional."
        case .ratio: "Shares after for one share before; optional, empty or 0 for 1."
        case .bonus: "Shares given for one share, where the files have that in place of ratio; optional."
        case .cash: "Cash for one share; optional, empty for 0."
        case .rights: "Shares that may be bought for one share; optional."
        case .rightsPrice: "What one of those costs; optional."
        }
    }

    /// Returns a header's name as names are compared: lower case, without spaces, `_`, `-` and quotes.
    static func folded(_ name: String) -> String {
        String(name.lowercased().filter { !" \t_-\"'".contains($0) })
    }

    /// The column of a word.
    static func named(_ word: String) -> HistoryColumn? { allCases.first { $0.word == word } }
}

/// How a kind of event uses a column.
struct ColumnUse: Sendable {
    let column: HistoryColumn
    /// Whether a file can do without it.
    var isOptional = false
    /// Names known without being told, as `HistoryColumn.folded` gives them; the first that a file has is taken. `{n}`
    /// stands for the number of a level.
    var known: [String] = []
    /// Whether it stands for several fields of a row: levels, or named figures.
    var isGroup = false

    /// The time, and whose row it is, for all kinds but figures.
    static let common: [ColumnUse] = [
        ColumnUse(
            column: .time,
            known: [
                "datetime", "timestamp", "tradedate", "date", "tradetime", "time", "day", "trddt", "日期", "交易日期",
                "交易日", "时间", "交易时间", "日期date", "交易日期trddt",
            ]), timeOfDay, symbol,
    ]
    static let timeOfDay = ColumnUse(column: .timeOfDay, isOptional: true)
    static let symbol = ColumnUse(
        column: .symbol, isOptional: true,
        known: [
            "symbol", "tscode", "ticker", "instrument", "code", "stockcode", "stkcd", "代码", "股票代码", "证券代码",
            "股票代码stkcd",
        ])
}

extension EventKind {
    /// The columns of files of the kind.
    var columns: [ColumnUse] { rows.columns }

    /// How rows become events of the kind.
    var rows: any EventRows.Type {
        switch self {
        case .bar: BarRows.self
        case .trade: TradeRows.self
        case .quote: QuoteRows.self
        case .orderBook: OrderBookRows.self
        case .figure: FigureRows.self
        case .factor: FactorRows.self
        }
    }

    /// The words of the kind's folders and files, for `{kind}`.
    var fileWords: [String] {
        switch self {
        case .bar: ["bar", "bars"]
        case .trade: ["trade", "trades"]
        case .quote: ["quote", "quotes"]
        case .orderBook: ["order_book", "order_books"]
        case .figure: ["figure", "figures"]
        case .factor: ["factor", "factors"]
        }
    }
}

/// The encodings by their names in YAML.
enum TextEncodingName {
    static let all = TextEncoding.allCases.map(\.rawValue)
}
