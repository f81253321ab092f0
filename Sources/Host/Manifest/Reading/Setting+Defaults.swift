import PluginKit
import PredictionTargets

/// What a value of the manifest can be read as.
protocol SettingValue {
    /// What stands for a value that was refused and has no default: then the manifest has a fault, and nothing is done with it.
    static var nothing: Self { get }

    init?(_ value: ConfigurationValue)
}

extension Setting {
    /// Returns the value of a key inside; where it is not set, or was refused, what its field declares.
    func callAsFunction<Value: SettingValue>(_ path: String...) -> Value {
        var (setting, type) = (Optional(self), Optional(field.type))
        var declared: ConfigurationValue?
        for name in path {
            var field: Field?
            if case .record(let fields) = type { field = fields.first { $0.name == name } }
            setting = setting?[name]
            (type, declared) = (field?.type, field?.defaultValue)
        }
        return setting?.value.flatMap(Value.init) ?? declared.flatMap(Value.init) ?? .nothing
    }
}

extension SettingValue where Self: RawRepresentable, RawValue == String, Self: CaseIterable {
    static var nothing: Self { allCases[allCases.startIndex] }

    init?(_ value: ConfigurationValue) {
        guard let word = String(value) else { return nil }
        self.init(rawValue: word)
    }
}

extension String: SettingValue {
    static var nothing: String { "" }
    init?(_ value: ConfigurationValue) {
        guard case .text(let text) = value else { return nil }
        self = text
    }
}

extension Int: SettingValue {
    static var nothing: Int { 0 }
    init?(_ value: ConfigurationValue) {
        guard case .integer(let number) = value else { return nil }
        self = number
    }
}

extension Double: SettingValue {
    static var nothing: Double { 0 }
    init?(_ value: ConfigurationValue) {
        switch value {
        case .number(let number): self = number
        case .integer(let number): self = Double(number)
        default: return nil
        }
    }
}

extension Bool: SettingValue {
    static var nothing: Bool { false }
    init?(_ value: ConfigurationValue) {
        guard case .boolean(let flag) = value else { return nil }
        self = flag
    }
}

extension Duration: SettingValue {
    static var nothing: Duration { .zero }
    init?(_ value: ConfigurationValue) {
        guard case .duration(let duration) = value else { return nil }
        self = duration
    }
}

extension Timeframe: SettingValue {
    static var nothing: Timeframe { Timeframe(1, .day) }
    init?(_ value: ConfigurationValue) { self.init(String(value) ?? "") }
}

extension ListenAddress: SettingValue {
    static var nothing: ListenAddress { ListenAddress(host: "localhost", port: 0) }
    init?(_ value: ConfigurationValue) { self.init(String(value) ?? "") }
}

extension StartPolicy: SettingValue {}
extension FullQueuePolicy: SettingValue {}
extension BarCut: SettingValue {}
extension LogLevel: SettingValue {}
extension EventKind: SettingValue {}
extension PromotionScheme.Metric: SettingValue {}
extension SearchScheme.Metric: SettingValue {}
extension SearchScheme.Start: SettingValue {}
extension SearchScheme.Stop: SettingValue {}
extension ValidationScheme.Kind: SettingValue {}
