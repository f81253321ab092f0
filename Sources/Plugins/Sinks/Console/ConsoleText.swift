import CivilTime
import PluginKit
import RecordText

/// Records as lines for people: time, instrument, kind, then what the kind says of itself. Texts and the news of a record
/// stand without their names, numbers with them.
///
/// ```
/// 2013-03-01T21:00:00Z  AAPL.US     predictions 1d  next_day  +0.00123  price 430.47  [stale]
/// 2013-03-01T21:00:00Z  AAPL.US     alerts 1d  stale_prediction  warning  the bar is 5 days old
/// ```
struct ConsoleText {
    let instruments: any InstrumentDirectory
    let usesColor: Bool

    /// Returns each row as a line, without its end.
    func lines(_ batch: RecordBatch) -> [String] {
        let table = batch.table
        let isAboutInstruments = table.columns.contains { $0.description.type == .instrument }
        let kind = batch.kind.rawValue + (isAboutInstruments ? " \(batch.timeframe)" : "")
        let columns = table.ownColumns
        let keys = table.constants.filter { $0.description.marks.contains(.key) }.map { "  \($0.value)" }.joined()
        return (0..<table.count).map { row in
            let name = table.instrument(row).map { instruments.instrument($0).description } ?? ""
            let about = isAboutInstruments ? Self.padded(name) + "  " : ""
            return "\(ISO8601.format(table.time(row)))  \(about)\(kind)\(keys)"
                + columns.filter { !$0.isFlags }.map { cell($0, row) }.joined()
                + columns.filter(\.isFlags).map { cell($0, row) }.joined()
        }
    }

    private func cell(_ column: RecordTable.Column, _ row: Int) -> String {
        let name = column.description.name
        switch column.cells {
        case .time(let get): return "  \(name) \(ISO8601.format(get(row)))"
        case .integer(let get): return "  \(name) \(get(row))"
        case .real(let get):
            return column.description.marks.contains(.signed) ? signed(get(row)) : "  \(name) \(Self.short(get(row)))"
        case .text(let get):
            let text = get(row)
            return text.isEmpty ? "" : "  \(PluginError.shown(text, limit: 1_000))"
        case .word(let words, let get): return "  \(colored(words[Int(get(row))]))"
        case .instrument: return ""
        case .flags(let get):
            let flags = get(row)
            return flags.isEmpty ? "" : "  [\(flags.names.joined(separator: ", "))]"
        case .reals(let names, let get):
            return names.indices.map { "  \(names[$0].name) \(Self.short(get(row, $0)))" }.joined()
        }
    }

    private func signed(_ value: Double) -> String {
        let text = Self.short(value)
        return "  " + colored(value > 0 ? "+\(text)" : text, value > 0 ? 32 : value < 0 ? 31 : 0)
    }

    /// Yellow and red for the words of severities that ask for it.
    private func colored(_ word: String) -> String {
        switch Alert.Severity(rawValue: word) {
        case .warning: colored(word, 33)
        case .critical: colored(word, 31)
        case .info, nil: word
        }
    }

    private func colored(_ text: String, _ code: Int) -> String {
        usesColor && code != 0 ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    private static func padded(_ name: String) -> String {
        name + String(repeating: " ", count: max(0, 10 - name.utf8.count))
    }

    /// Returns a number with at most six significant digits; `-` for none.
    static func short(_ value: Double) -> String {
        guard value.isFinite else { return "-" }
        var scale = 1.0
        while value.magnitude * scale < 100_000, scale < 1e9 { scale *= 10 }
        let rounded = (value * scale).rounded() / scale
        let text = rounded.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}

extension RecordTable.Column {
    /// Flags end a line, in brackets.
    fileprivate var isFlags: Bool { description.type == .flags }
}
