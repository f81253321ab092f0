import PluginKit

extension StrategyDeclaration {
    /// The keys that are numbers, words and switches, those in records beside those above them.
    static let values: [Field] = HostFields.strategy.flatMap { field -> [Field] in
        if case .record(let fields) = field.type { fields } else { [field] }
    }.filter { field in
        switch field.type {
        case .map, .selection, .symbol: false
        default: !["enabled", "pipeline"].contains(field.name)
        }
    }

    /// Names of the keys that a command line may set.
    package static var names: [String] { values.map(\.name) }

    /// Sets a key from a text, as if it stood in the manifest; returns what is wrong, where something is.
    package mutating func set(_ name: String, to text: String) -> String? {
        guard let field = Self.values.first(where: { $0.name == name }) else {
            return "there is no \(quoted(name)). \(Suggestion.hint(for: name, among: Self.names))"
        }
        do throws(Coercion.Refusal) {
            take(name, try Coercion(field).value(text))
            return nil
        } catch {
            return "'\(name)' is \(quoted(text)); allowed \(error.allowed). \(error.hint)"
        }
    }

    /// Takes the value of a key.
    mutating func take(_ name: String, _ value: ConfigurationValue) {
        switch value {
        case .text(let text): take(name, text: text)
        case .boolean(let flag): take(name, flag: flag)
        case .integer(let number): take(name, whole: number)
        case .number(let number): take(name, number: number)
        default: break
        }
    }

    private mutating func take(_ name: String, text: String) {
        switch name {
        case "from": from = text
        case "rule": rule = Rule(rawValue: text) ?? rule
        case "price": execution.price = Price(rawValue: text) ?? execution.price
        case "prices": venue.isAdjusted = text == "adjusted"
        default: break
        }
    }

    private mutating func take(_ name: String, flag: Bool) {
        switch name {
        case "rules": venue.hasRules = flag
        case "fractions": venue.hasFractions = flag
        default: break
        }
    }

    private mutating func take(_ name: String, whole number: Int) {
        switch name {
        case "k": count = number
        case "keep": keep = number
        case "rebalance": rebalance = number
        case "patience": execution.patience = number
        default: take(name, number: Double(number))
        }
    }

    private mutating func take(_ name: String, number: Double) {
        switch name {
        case "enter": enter = number
        case "exit": exit = number
        case "shares": shares = number
        case "weight": weight = number
        case "gross": gross = number
        case "min_trade": minimumTrade = number
        case "capital": capital = number
        case "offset": execution.offset = number
        case "participation": execution.participation = number
        case "spread": execution.spread = number
        case "slippage": execution.slippage = number
        case "commission": venue.commission = number
        case "min_commission": venue.minimumCommission = number
        default: break
        }
    }

    /// What is set, in words and in a fixed order: for reports and digests.
    package var description: [String: String] {
        var words = [
            "pipeline": pipeline, "from": from, "rule": rule.rawValue, "rebalance": "\(rebalance)",
            "weight": "\(weight)",
            "gross": "\(gross)", "min_trade": "\(minimumTrade)", "capital": "\(capital)",
            "price": execution.price.rawValue,
            "offset": "\(execution.offset)", "participation": "\(execution.participation)",
            "spread": "\(execution.spread)",
            "slippage": "\(execution.slippage)", "patience": "\(execution.patience)", "rules": "\(venue.hasRules)",
            "prices": venue.isAdjusted ? "adjusted" : "raw",
            "universe": universe.map(\.description).joined(separator: " "),
        ]
        switch rule {
        case .topK: (words["k"], words["keep"]) = ("\(count)", "\(keep ?? count)")
        case .threshold:
            (words["enter"], words["exit"]) = ("\(enter)", "\(exit ?? enter)")
            words["shares"] = shares.map { "\($0)" }
        default: break
        }
        if let commission = venue.commission {
            words["commission"] = "\(commission), at least \(venue.minimumCommission)"
        }
        if venue.hasFractions { words["fractions"] = "true" }
        func listed<Value>(_ name: String, _ values: [Instrument: Value]) {
            guard !values.isEmpty else { return }
            words[name] = values.map { "\($0.key): \($0.value)" }.sorted().joined(separator: ", ")
        }
        listed("lots", venue.lots)
        listed("listed", venue.listed)
        listed("warned", venue.warned)
        return words
    }
}
