package import PluginKit
import PredictionTargets

extension FieldType {
    /// What is allowed, in words, with its unit: `2...100000 bars`, `true or false`, `block, drop_oldest, drop_newest`.
    package func allowed(unit: String? = nil) -> String {
        let unit = unit.map { " \($0)" } ?? ""
        switch self {
        case .text: return "a text"
        case .symbol: return "a symbol (600519.SH, AAPL)"
        case .integer(let range): return NumberText.text(range) + unit
        case .number(let range): return NumberText.text(range) + unit
        case .ratio(let range): return "a fraction, \(NumberText.text(range))"
        case .boolean: return "true or false"
        case .duration(let range):
            return "\(DurationText.text(range.lowerBound))...\(DurationText.text(range.upperBound))"
        case .secret: return "a secret text"
        case .choice(let words): return words.joined(separator: ", ")
        case .path: return "a path"
        case .reference(let section): return "the id of \(article(section.entryName)) \(section.entryName)"
        case .list(let element, let count):
            return "a list of \(NumberText.text(count)) values, each \(element.allowed(unit: nil))"
        case .map(let element): return "a mapping of names to values, each \(element.allowed(unit: nil))"
        case .record(let fields): return "a mapping with \(fields.map(\.name).joined(separator: ", "))"
        case .address: return "HOST:PORT, port 0...65535"
        case .timeframe: return "a count and a unit: 30s, 1m, 5m, 1h, 1d, 1w, 1mo"
        case .bars(let range): return "\(NumberText.text(range)) bars"
        case .occasion:
            return "a count of \(NumberText.text(RetrainScheme.Occasion.range)) bars, drift, or both: 20 bars | drift"
        case .space(let element):
            return "[LOW, HIGH] or { from, to, scale: linear or log }, each \(element.allowed(unit: nil))" + unit
        case .selection(let selection): return "all, or a list of \(selection.words)"
        }
    }

    /// The type in one or two words, for tables: `integer`, `list of symbol`.
    package var name: String {
        switch self {
        case .text: "text"
        case .symbol: "symbol"
        case .integer: "integer"
        case .number: "number"
        case .ratio: "ratio"
        case .boolean: "boolean"
        case .duration: "duration"
        case .secret: "secret"
        case .choice: "choice"
        case .path: "path"
        case .reference: "reference"
        case .list(let element, _): "list of \(element.name)"
        case .map(let element): "map of \(element.name)"
        case .record: "record"
        case .address: "address"
        case .timeframe: "timeframe"
        case .bars: "bars"
        case .occasion: "occasion"
        case .space: "space"
        case .selection: "selection"
        }
    }

    private func article(_ noun: String) -> String { "aeiou".contains(noun.first ?? " ") ? "an" : "a" }
}

extension FieldType.Selection {
    /// What is picked from, in words.
    var words: String {
        switch self {
        case .instruments: "instrument groups and symbols"
        case .features: "indicator ids and outputs (macd.signal)"
        case .indicators, .models, .sinks: "\(rawValue.dropLast()) ids"
        }
    }
}

/// Writes checked values for people: `250ms`, `[a, b]`, `<secret>`.
package enum ValueText {
    /// Returns the value as the manifest would write it; a secret is never shown.
    package static func of(_ value: ConfigurationValue) -> String {
        switch value {
        case .text(let text): text
        case .integer(let number): "\(number)"
        case .number(let number): NumberText.text(number)
        case .boolean(let flag): flag ? "true" : "false"
        case .duration(let duration): DurationText.text(duration)
        case .secret: "<secret>"
        case .list(let items): "[\(items.map(of).joined(separator: ", "))]"
        case .map(let entries):
            "{\(entries.sorted { $0.key < $1.key }.map { "\($0.key): \(of($0.value))" }.joined(separator: ", "))}"
        }
    }
}
