import DelimitedText
import EventTiming
import JSONReading
import PluginKit

/// A kind of event that a row can be.
protocol TableEvent: MarketEvent {
    /// How its times are meant.
    static var timing: RowTiming.Rule { get }
    /// Makes the events of a row; none where the row has nothing.
    static func read(_ cells: TableCells) throws(TableFault) -> [Self]
}

/// Why a row is no event.
struct TableFault: Error {
    let reason: String
    let message: String
}

/// The cells of one row and what is known of it.
struct TableCells {
    let page: TablePage
    let row: TablePage.Row
    let options: TableOptions
    let time: Int64
    let target: RowTarget
    /// Reads a date as the end of its day.
    let date: (String) -> Int64?

    var id: InstrumentID { target.reference.id }

    /// The text of a cell; `nil` where it is missing, empty or a word for that.
    func text(_ path: String) -> String? {
        guard path != "none", let text = page.cell(path, of: row).scalar else { return nil }
        return ["", "-", "--", "None", "null", "NaN", "nan", "N/A"].contains(text) ? nil : text
    }

    func text(_ column: TableColumn) -> String? { text(options.columns[column] ?? column.rawValue) }

    /// A number; `nil` where the cell is missing, throws where it is no number.
    func optional(_ path: String, _ name: String, _ scale: Scale) throws(TableFault) -> Double? {
        guard let text = text(path) else { return nil }
        if let value = scale.number(text) { return value }
        throw TableFault(
            reason: "unreadable_number",
            message: "'\(name)' is \(PluginError.quoted(text)); a decimal number is needed.")
    }

    func optional(_ column: TableColumn, _ scale: Scale) throws(TableFault) -> Double? {
        try optional(options.columns[column] ?? column.rawValue, column.rawValue, scale)
    }

    func number(_ column: TableColumn, _ scale: Scale) throws(TableFault) -> Double {
        if let value = try optional(column, scale) { return value }
        throw TableFault(
            reason: "missing_number",
            message: "'\(column.rawValue)' is not there at \(PluginError.quoted(options.columns[column] ?? "")).")
    }

    /// Whether some columns are all there and have nothing in them: the source knows of the row and has no values.
    func areNull(_ columns: [TableColumn]) -> Bool {
        columns.allSatisfy { column in
            let path = options.columns[column] ?? column.rawValue
            return page.has(path, row) && text(path) == nil
        }
    }
}

extension Bar: TableEvent {
    static let timing = RowTiming.Rule.span

    static func read(_ cells: TableCells) throws(TableFault) -> [Bar] {
        if cells.areNull([.open, .high, .low, .close]) { return [] }
        let price = cells.options.price
        return [
            Bar(
                time: cells.time, open: try cells.number(.open, price), high: try cells.number(.high, price),
                low: try cells.number(.low, price), close: try cells.number(.close, price),
                volume: cells.options.columns[.volume] == "none" ? 0 : try cells.number(.volume, cells.options.volume),
                amount: try cells.optional(.amount, cells.options.amount) ?? .nan, instrument: cells.id)
        ]
    }
}

extension Trade: TableEvent {
    static let timing = RowTiming.Rule.instant

    static func read(_ cells: TableCells) throws(TableFault) -> [Trade] {
        [
            Trade(
                time: cells.time, price: try cells.number(.price, cells.options.price),
                size: try cells.number(.size, cells.options.volume),
                side: cells.text(.side).flatMap { cells.options.sides[$0] } ?? .unknown, instrument: cells.id)
        ]
    }
}

extension Quote: TableEvent {
    static let timing = RowTiming.Rule.instant

    static func read(_ cells: TableCells) throws(TableFault) -> [Quote] {
        let (price, volume) = (cells.options.price, cells.options.volume)
        let bid = try cells.optional(.bid, price)
        let ask = try cells.optional(.ask, price)
        guard bid != nil || ask != nil else {
            throw TableFault(reason: "missing_number", message: "neither 'bid' nor 'ask' is there.")
        }
        return [
            Quote(
                time: cells.time, bid: bid ?? .nan, ask: ask ?? .nan,
                bidSize: bid == nil ? 0 : try cells.optional(.bidSize, volume) ?? 0,
                askSize: ask == nil ? 0 : try cells.optional(.askSize, volume) ?? 0, instrument: cells.id)
        ]
    }
}

extension Figure: TableEvent {
    static let timing = RowTiming.Rule.published

    static func read(_ cells: TableCells) throws(TableFault) -> [Figure] {
        var periodEnd = cells.time
        if let text = cells.text(.periodEnd) {
            guard let time = cells.date(text) else {
                throw TableFault(
                    reason: "unreadable_time", message: "'period_end' is \(PluginError.quoted(text)); a date is needed."
                )
            }
            periodEnd = time
        }
        var figures: [Figure] = []
        for (name, path) in cells.options.figures {
            guard let value = try cells.optional(path, "\(name)", Scale(1)) else { continue }
            figures.append(
                Figure(time: cells.time, periodEnd: periodEnd, value: value, name: name, instrument: cells.id))
        }
        return figures
    }
}

extension Factor: TableEvent {
    static let timing = RowTiming.Rule.effective

    static func read(_ cells: TableCells) throws(TableFault) -> [Factor] {
        let ratio = try cells.optional(.ratio, Scale(1))
        let cash = try cells.optional(.cash, cells.options.price)
        guard ratio != nil || cash != nil else {
            throw TableFault(reason: "missing_number", message: "neither 'ratio' nor 'cash' is there.")
        }
        return [Factor(time: cells.time, ratio: ratio ?? 1, cash: cash ?? 0, instrument: cells.id)]
    }
}
