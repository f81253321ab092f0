import PluginKit
import StdioProtocol

/// Reads what a plugin says about itself; every name and range is checked, since it comes from outside.
struct DescriptorReading {
    /// Deepest nesting of an option's type.
    private static let deepest = 4
    let owner: String

    func descriptor(_ json: JSONValue?) throws(PluginError) -> PluginDescriptor {
        guard let members = json?.object, let kind = PluginKind(rawValue: members["kind"]?.text ?? "") else {
            throw fault("'kind' is none of provider, indicator, model, sink")
        }
        let options = try options(members["options"], 0)
        let outputs = try columns(members["outputs"])
        let needsOutputs = kind == .indicator || kind == .model
        guard outputs.isEmpty != needsOutputs else {
            throw fault(
                "'outputs' has \(outputs.count) columns; an indicator and a model have one or more, others none")
        }
        guard let reads = EventKind(rawValue: members["reads"]?.text ?? EventKind.bar.rawValue) else {
            throw fault("'reads' is none of \(EventKind.allCases.map(\.rawValue).joined(separator: ", "))")
        }
        var descriptor = PluginDescriptor(
            kind: kind, name: try name(members["name"]), version: shown(members["version"]),
            summary: shown(members["summary"]),
            stability: Stability(rawValue: members["stability"]?.text ?? "") ?? .experimental,
            schema: ConfigurationSchema(options), outputs: outputs,
            provider: kind == .provider ? capabilities(members["provider"]?.object ?? [:]) : nil,
            accepts: kind == .sink ? Set(texts(members["accepts"]).compactMap(RecordKind.init(rawValue:))) : []
        ).reading(reads)
        if members["combines"]?.boolean == true { descriptor = descriptor.combining() }
        if members["learns"]?.boolean == true { descriptor = descriptor.learning() }
        if members["weighs"]?.boolean == true { descriptor = descriptor.weighing() }
        return descriptor
    }

    /// Reads output columns, which `configure` may also give.
    func columns(_ json: JSONValue?) throws(PluginError) -> [OutputColumn] {
        var columns: [OutputColumn] = []
        for column in json?.array ?? [] {
            columns.append(
                OutputColumn(
                    try name(column.object?["name"]), unit: shown(column.object?["unit"]),
                    shown(column.object?["summary"]), role: try role(column.object ?? [:])))
        }
        guard columns.count <= 1_024, Set(columns.map(\.name)).count == columns.count else {
            throw fault("'outputs' has a name twice or more than 1024")
        }
        return columns
    }

    private func role(_ members: [String: JSONValue]) throws(PluginError) -> OutputColumn.Role {
        guard let word = members["role"]?.text else { return .value }
        guard let role = OutputColumn.Role(word, probability: members["probability"]?.number) else {
            throw fault(
                "the role \(PluginError.quoted(word)) is none of value, variance, probability, action, or of lower, "
                    + "upper, quantile with a 'probability' between 0 and 1")
        }
        return role
    }

    private func options(_ json: JSONValue?, _ depth: Int) throws(PluginError) -> [ConfigurationOption] {
        var options: [ConfigurationOption] = []
        for option in json?.array ?? [] { options.append(try self.option(option, depth)) }
        guard Set(options.map(\.name)).count == options.count, options.count <= 256 else {
            throw fault("'options' has a name twice or more than 256")
        }
        return options
    }

    private func option(_ json: JSONValue, _ depth: Int) throws(PluginError) -> ConfigurationOption {
        let members = json.object ?? [:]
        let type = try optionType(members, depth)
        let fallback = members["default"].flatMap { $0 == .null ? nil : $0 }
        let value = type == .secret ? nil : fallback.flatMap { ConfigurationValue($0, type) }
        guard fallback == nil || value != nil else {
            throw fault("option '\(try name(members["name"]))' has a default of another type")
        }
        return ConfigurationOption(
            try name(members["name"]), type, default: value, isRequired: members["required"]?.boolean ?? false,
            unit: members["unit"]?.text.map { String($0.prefix(40)) }, shown(members["summary"]))
    }

    private func optionType(_ members: [String: JSONValue], _ depth: Int) throws(PluginError) -> OptionType {
        guard depth <= Self.deepest else { throw fault("options nest deeper than \(Self.deepest) levels") }
        let low = members["minimum"]?.number
        let high = members["maximum"]?.number
        switch members["type"]?.text {
        case "text": return .text
        case "symbol": return .symbol
        case "boolean": return .boolean
        case "secret": return .secret
        case "path": return .path
        case "integer": return .integer(try range(members["minimum"]?.integer, members["maximum"]?.integer))
        case "number": return .number(try range(low ?? -1e300, high ?? 1e300))
        case "ratio": return .ratio(try range(low ?? 0, high ?? 1))
        case "duration":
            let seconds = try range(low ?? 0, min(high ?? 1e6, 1e9))
            return .duration(.seconds(seconds.lowerBound)...Duration.seconds(seconds.upperBound))
        case "choice":
            let words = texts(members["words"])
            guard !words.isEmpty else { throw fault("a choice has no 'words'") }
            return .choice(words)
        case "texts": return .list(.text, 0...1_000)
        case "reference":
            guard let kind = PluginKind(rawValue: members["kind"]?.text ?? "") else {
                throw fault("a reference has no 'kind'")
            }
            return .reference(kind)
        case "list":
            let counts = try range(members["minimum"]?.integer ?? 0, members["maximum"]?.integer ?? 1_000)
            guard counts.lowerBound >= 0 else { throw fault("a list has \(counts.lowerBound) items or more") }
            return .list(try optionType(members["item"]?.object ?? [:], depth + 1), counts)
        case "map": return .map(try optionType(members["item"]?.object ?? [:], depth + 1))
        case "record": return .record(ConfigurationSchema(try self.options(members["options"], depth + 1)))
        default: throw fault("an option has the unknown type \(PluginError.quoted(members["type"]?.text ?? ""))")
        }
    }

    private func range(_ low: Int64?, _ high: Int64?) throws(PluginError) -> ClosedRange<Int> {
        let (low, high) = (Int(low ?? -(1 << 53)), Int(high ?? 1 << 53))
        guard low <= high else { throw fault("an option allows \(low)...\(high)") }
        return low...high
    }

    private func range(_ low: Double, _ high: Double) throws(PluginError) -> ClosedRange<Double> {
        guard low <= high else { throw fault("an option allows \(low)...\(high)") }
        return low...high
    }

    private func capabilities(_ members: [String: JSONValue]) -> ProviderCapabilities {
        ProviderCapabilities(
            fetches: Set(texts(members["fetches"]).compactMap(EventKind.init(rawValue:))),
            streams: Set(texts(members["streams"]).compactMap(EventKind.init(rawValue:))),
            isReplay: members["is_replay"]?.boolean ?? false, needsNetwork: members["needs_network"]?.boolean ?? true,
            venues: Set(texts(members["venues"])), credentials: texts(members["credentials"]),
            rateLimit: shown(members["rate_limit"]))
    }

    private func name(_ json: JSONValue?) throws(PluginError) -> String {
        let text = json?.text ?? ""
        let isName = text.utf8.allSatisfy {
            ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "z")) || ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
                || $0 == UInt8(ascii: "_")
        }
        guard isName, (1...64).contains(text.utf8.count) else {
            throw fault("\(PluginError.quoted(text)) is no name; allowed are 1 to 64 of a-z, 0-9 and _")
        }
        return text
    }

    private func shown(_ json: JSONValue?) -> String {
        let text = (json?.text ?? "").unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }.prefix(500)
        return String(String.UnicodeScalarView(text))
    }

    private func texts(_ json: JSONValue?) -> [String] { (json?.array ?? []).prefix(256).compactMap(\.text) }

    private func fault(_ what: String) -> PluginError {
        PluginError(.malformed, "\(owner): its description is not usable: \(what). See docs/plugin-protocol.md.")
    }
}
