import CivilTime
import PluginKit
import RecordText

/// Records as lines for people.
///
/// ```
/// 2013-03-01T21:00:00Z  AAPL.US    next_day  +0.00123  price 430.47
/// 2013-03-01T21:00:00Z  alert warning stale_prediction  AAPL.US: the bar is 5 days old
/// ```
struct ConsoleText {
    let instruments: any InstrumentDirectory
    let usesColor: Bool

    /// Returns one row as a line, without its end.
    func line(_ batch: RecordBatch, _ row: Int) -> String {
        let name = batch.instrument(at: row).map { instruments.instrument($0).description } ?? ""
        return ISO8601.format(batch.time(at: row)) + "  " + content(batch, row, name)
    }

    private func content(_ batch: RecordBatch, _ row: Int, _ name: String) -> String {
        switch batch.content {
        case .bars(let bars):
            let bar = bars[row]
            let numbers = zip(
                ["open", "high", "low", "close", "volume"], [bar.open, bar.high, bar.low, bar.close, bar.volume])
            return "\(Self.padded(name))  \(batch.timeframe) "
                + numbers.map { " \($0) \(Self.short($1))" }.joined() + Self.flags(bar.flags)
        case .features(let features):
            let width = features.schema.names.count
            let values = zip(features.schema.names, features.values[row * width..<(row + 1) * width])
            return Self.padded(name) + values.map { "  \($0) \(Self.short($1))" }.joined()
        case .predictions(let predictions): return prediction(predictions, row, name)
        case .alerts(let alerts):
            let alert = alerts[row]
            let about = name.isEmpty ? "" : "\(name): "
            return
                "alert \(colored(alert.severity)) \(alert.rule)  \(about)\(PluginError.shown(alert.message, limit: 1_000))"
        case .status(let status):
            let message = status[row].message.isEmpty ? "" : ": \(PluginError.shown(status[row].message, limit: 1_000))"
            return "status \(status[row].component) \(status[row].state)\(message)"
        }
    }

    private func prediction(_ predictions: PredictionBatch, _ row: Int, _ name: String) -> String {
        let prediction = predictions.rows[row]
        let value = Self.short(prediction.value)
        let signed = prediction.value > 0 ? "+\(value)" : value
        let shown = colored(signed, prediction.value > 0 ? 32 : prediction.value < 0 ? 31 : 0)
        var line = "\(Self.padded(name))  \(predictions.model)  \(shown)  price \(Self.short(prediction.price))"
        let width = predictions.outputs.count
        for column in 1..<max(width, 1) {
            line += "  \(predictions.outputs[column].name) \(Self.short(predictions.values[row * width + column]))"
        }
        return line + Self.flags(prediction.flags)
    }

    private func colored(_ severity: Alert.Severity) -> String {
        switch severity {
        case .info: severity.rawValue
        case .warning: colored(severity.rawValue, 33)
        case .critical: colored(severity.rawValue, 31)
        }
    }

    private func colored(_ text: String, _ code: Int) -> String {
        usesColor && code != 0 ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }

    private static func padded(_ name: String) -> String {
        name + String(repeating: " ", count: max(0, 10 - name.utf8.count))
    }

    private static func flags(_ flags: EventFlags) -> String {
        flags.isEmpty ? "" : "  [\(flags.names.joined(separator: ", "))]"
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
