import PluginKit

/// The format of the files: bytes to rows, rows to bars. Pure functions.
struct TokyoMessages {
    /// The file, as messages name it.
    let file: String
    /// The plugin instance, as messages name it.
    let instance: String

    /// One line below the header: its fields by column.
    struct Row: Equatable {
        /// Line in the file, from 1.
        let line: Int
        /// The text of the line.
        let text: String
        /// `date`, `open`, `high`, `low`, `close`, `volume`; fewer where the line is short.
        let fields: [String]
    }

    private static let columns = ["date", "open", "high", "low", "close", "volume"]

    /// Returns the rows of a file; throws `.malformed` where the header lacks a column.
    func decode(_ bytes: [UInt8]) throws(PluginError) -> [Row] {
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).map {
            String(decoding: $0.last == UInt8(ascii: "\r") ? $0.dropLast() : $0, as: UTF8.self)
        }
        let header = Self.fields(lines[0])
        var places: [Int] = []
        for column in Self.columns {
            guard let place = header.firstIndex(of: column) else {
                throw PluginError(
                    .malformed,
                    "\(instance): the header has no column '\(column)' at \(file):1; allowed "
                        + "\(Self.columns.joined(separator: ",")). Correct the header.")
            }
            places.append(place)
        }
        return lines.enumerated().dropFirst().filter { !$0.element.isEmpty }.map { index, text in
            let all = Self.fields(text)
            return Row(line: index + 1, text: text, fields: places.compactMap { $0 < all.count ? all[$0] : nil })
        }
    }

    /// Returns the bars of rows, and a defect for each row that cannot be one.
    func map(_ rows: [Row], of instrument: InstrumentID) -> (bars: [Bar], defects: [Defect]) {
        var (bars, defects): ([Bar], [Defect]) = ([], [])
        for row in rows {
            if let bar = Self.bar(row.fields, of: instrument) {
                bars.append(bar)
            } else {
                defects.append(
                    Defect(
                        instrument: instrument, place: "\(file):\(row.line)", reason: "unreadable_row",
                        message: "a field is missing or unreadable; allowed a date and five numbers.", raw: row.text))
            }
        }
        return (bars, defects)
    }

    private static func fields(_ line: String) -> [String] {
        line.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    private static func bar(_ fields: [String], of instrument: InstrumentID) -> Bar? {
        guard fields.count == columns.count, let time = TokyoSession.end(ofDay: fields[0]) else { return nil }
        let numbers = fields.dropFirst().compactMap(Double.init).filter(\.isFinite)
        guard numbers.count == 5 else { return nil }
        return Bar(
            time: time, open: numbers[0], high: numbers[1], low: numbers[2], close: numbers[3], volume: numbers[4],
            instrument: instrument)
    }
}
