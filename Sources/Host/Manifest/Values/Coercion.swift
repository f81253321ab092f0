import PluginKit
import PredictionTargets

/// Reads a text as what an option is declared to be. YAML's own typing has no say, nor have quotes.
struct Coercion {
    /// Why a text is not allowed.
    struct Refusal: Error {
        /// Whether the text has the right form and only its value is out of range.
        let isRightForm: Bool
        /// What is allowed.
        let allowed: String
        /// What to do; empty where the message says it.
        let hint: String
    }

    private let type: FieldType
    private let unit: String?

    /// Reads for a field.
    init(_ field: Field) {
        type = field.type
        unit = field.unit
    }

    /// Returns the value; throws what is allowed instead.
    func value(_ text: String) throws(Refusal) -> ConfigurationValue {
        switch type {
        case .text: return .text(text)
        case .secret: return .secret(Secret(text))
        case .symbol, .path, .reference: return try nonEmpty(text)
        case .integer(let range): return try integer(text, range)
        case .number(let range): return try number(text, range)
        case .ratio(let range): return try ratio(text, range)
        case .boolean: return try boolean(text)
        case .duration(let range): return try duration(text, range)
        case .choice(let words): return try choice(text, words)
        case .address: return try address(text)
        case .timeframe: return try timeframe(text)
        case .bars(let range): return try bars(text, range)
        case .occasion:
            guard let occasion = RetrainScheme.Occasion(text) else { throw refusal("Write \"20 bars\", or drift.") }
            return .text(occasion.description)
        case .selection: return try word(text)
        case .space: throw refusal("Write [LOW, HIGH].")
        case .list: throw refusal("Write [\(text.isEmpty ? "" : text)] or one '- item' a line.")
        case .map, .record: throw refusal("Write { KEY: VALUE }.")
        }
    }

    private var allowed: String { type.allowed(unit: unit) }

    private func refusal(_ hint: String = "", isRightForm: Bool = false, allowed: String? = nil) -> Refusal {
        Refusal(isRightForm: isRightForm, allowed: allowed ?? self.allowed, hint: hint)
    }

    private func nonEmpty(_ text: String) throws(Refusal) -> ConfigurationValue {
        guard !text.isEmpty, !text.contains("\0") else { throw refusal("Write a value.") }
        return .text(text)
    }

    private func integer(_ text: String, _ range: ClosedRange<Int>) throws(Refusal) -> ConfigurationValue {
        guard let digits = NumberText.wholeDigits(text) else {
            let form = allowed.hasPrefix("any") ? allowed : "a whole number, \(allowed)"
            throw refusal(Self.wholeHint(text), allowed: form)
        }
        guard let value = Int(digits), range.contains(value) else {
            throw refusal("Set a value in that range.", isRightForm: true)
        }
        return .integer(value)
    }

    private static func wholeHint(_ text: String) -> String {
        if text.hasPrefix("0x"), let value = Int(text.dropFirst(2), radix: 16) { return "Write \(value)." }
        guard let number = NumberText.number(text), number == number.rounded(), abs(number) < 9e15 else { return "" }
        return "Write \(Int(number))."
    }

    private func number(_ text: String, _ range: ClosedRange<Double>) throws(Refusal) -> ConfigurationValue {
        guard let value = NumberText.number(text) else {
            throw refusal(allowed: allowed.hasPrefix("any") ? allowed : "a number, \(allowed)")
        }
        guard range.contains(value) else { throw refusal("Set a value in that range.", isRightForm: true) }
        return .number(value)
    }

    private func ratio(_ text: String, _ range: ClosedRange<Double>) throws(Refusal) -> ConfigurationValue {
        if text.hasSuffix("%") {
            let percent = NumberText.number(String(text.dropLast()))
            throw refusal(percent.map { "Write \(NumberText.text($0 / 100))." } ?? "")
        }
        guard let value = NumberText.number(text) else { throw refusal() }
        guard range.contains(value) else {
            let fraction = value / 100
            let meant = value >= 1 && range.contains(fraction)
            throw refusal(
                meant ? "For \(text) % write \(NumberText.text(fraction))." : "Set a value in that range.",
                isRightForm: true)
        }
        return .number(value)
    }

    private func boolean(_ text: String) throws(Refusal) -> ConfigurationValue {
        switch text {
        case "true": return .boolean(true)
        case "false": return .boolean(false)
        default: break
        }
        let meaning = ["true", "yes", "on", "1", "y"].contains(text.lowercased()) ? "true" : "false"
        let isGuess = ["true", "yes", "on", "1", "y", "false", "no", "off", "0", "n"].contains(text.lowercased())
        throw refusal(isGuess ? "Write \(meaning)." : "")
    }

    private func duration(_ text: String, _ range: ClosedRange<Duration>) throws(Refusal) -> ConfigurationValue {
        guard let value = DurationText.parse(text) else {
            let isBare = NumberText.wholeDigits(text) != nil
            throw refusal(
                isBare ? "Write the unit: \(text)s, \(text)m." : "", allowed: "\(DurationText.grammar) (\(allowed))")
        }
        guard range.contains(value) else { throw refusal("Set a value in that range.", isRightForm: true) }
        return .duration(value)
    }

    private func choice(_ text: String, _ words: [String]) throws(Refusal) -> ConfigurationValue {
        if words.contains(text) { return .text(text) }
        throw refusal(Suggestion.nearest(to: text, among: words).map { "Did you mean '\($0)'?" } ?? "")
    }

    private func address(_ text: String) throws(Refusal) -> ConfigurationValue {
        guard let address = ListenAddress(text) else {
            let isBarePort = NumberText.wholeDigits(text) != nil
            throw refusal(isBarePort ? "Write 127.0.0.1:\(text)." : "Write 127.0.0.1:8080, or [::1]:8080.")
        }
        return .text(address.description)
    }

    private func timeframe(_ text: String) throws(Refusal) -> ConfigurationValue {
        guard let timeframe = Timeframe(text) else { throw refusal() }
        return .text(timeframe.description)
    }

    private func bars(_ text: String, _ range: ClosedRange<Int>) throws(Refusal) -> ConfigurationValue {
        let words = text.split(separator: " ", omittingEmptySubsequences: true)
        guard words.count == 1 || (words.count == 2 && ["bar", "bars"].contains(words[1])),
            let digits = words.first.flatMap({ NumberText.wholeDigits(String($0)) })
        else { throw refusal("Write \"5 bars\".") }
        guard let value = Int(digits), range.contains(value) else {
            throw refusal("Set a value in that range.", isRightForm: true)
        }
        return .integer(value)
    }

    private func word(_ text: String) throws(Refusal) -> ConfigurationValue {
        guard text == "all" else { throw refusal("Write all, or [\(text)].") }
        return .text(text)
    }
}
