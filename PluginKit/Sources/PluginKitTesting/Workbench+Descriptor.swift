import PluginKit

// What a plugin says about itself: names, options with their defaults, outputs.
extension Workbench {
    var descriptorChecks: [ConformanceCheck] {
        [
            ConformanceCheck("descriptor", .protocol) { checkIdentity($0) },
            ConformanceCheck("options", .protocol) { checkOptions(descriptor.schema, in: "", $0) },
            ConformanceCheck("outputs", .protocol) { checkOutputs($0) },
        ]
    }

    private func checkIdentity(_ notes: ConformanceNotes) {
        let plugin = descriptor
        let made: PluginKind =
            switch self.plugin.maker {
            case .provider: .provider
            case .indicator: .indicator
            case .model: .model
            case .sink: .sink
            }
        notes.expect(plugin.kind == made, "the kind is \(plugin.kind.rawValue); what it makes is a \(made.rawValue)")
        notes.expect(Self.isSnake(plugin.name), "the name is '\(plugin.name)'; it must be lower_snake_case")
        let numbers = plugin.version.split(separator: ".", omittingEmptySubsequences: false)
        notes.expect(
            numbers.count == 3 && numbers.allSatisfy { Int($0) != nil },
            "the version is '\(plugin.version)'; it must be three numbers, 1.0.0")
        notes.expect(!plugin.summary.isEmpty, "the summary is empty; it must be one sentence")
        notes.expect(
            (plugin.kind == .provider) == (plugin.provider != nil),
            "capabilities are \(plugin.provider == nil ? "missing" : "given"); providers have them, no other kind")
        notes.expect(
            (plugin.kind == .sink) == !plugin.accepts.isEmpty,
            "it accepts \(plugin.accepts.count) kinds of record; a sink takes one or more, no other kind any")
        for name in plugin.provider?.credentials ?? [] where plugin.schema[name] == nil {
            notes.report("the credential '\(name)' is no option")
        }
    }

    private func checkOptions(_ schema: ConfigurationSchema, in place: String, _ notes: ConformanceNotes) {
        let names = schema.options.map(\.name)
        notes.expect(Set(names).count == names.count, "option names repeat: \(names)")
        for option in schema.options {
            let shown = "option '\(place)\(option.name)'"
            notes.expect(Self.isSnake(option.name), "\(shown): the name must be lower_snake_case")
            notes.expect(!option.summary.isEmpty, "\(shown) has no summary")
            if let value = option.defaultValue {
                notes.expect(!option.isRequired, "\(shown) is required and has a default; it can have one of them")
                if let problem = Self.problem(value, option.type) { notes.report("\(shown): the default \(problem)") }
            }
            if case .choice(let words) = option.type {
                notes.expect(!words.isEmpty && Set(words).count == words.count, "\(shown): the words are \(words)")
            }
            if case .record(let inner) = option.type { checkOptions(inner, in: "\(option.name).", notes) }
        }
    }

    private func checkOutputs(_ notes: ConformanceNotes) {
        let names = descriptor.outputs.map(\.name)
        notes.expect(Set(names).count == names.count, "output names repeat: \(names)")
        for output in descriptor.outputs {
            notes.expect(Self.isSnake(output.name), "output '\(output.name)': the name must be lower_snake_case")
            notes.expect(!output.summary.isEmpty, "output '\(output.name)' has no summary")
        }
        switch descriptor.kind {
        case .indicator, .model: notes.expect(!names.isEmpty, "there are no outputs; an indicator or model has some")
        case .provider, .sink: notes.expect(names.isEmpty, "there are outputs; only indicators and models have some")
        }
    }

    private static func isSnake(_ name: String) -> Bool {
        guard let first = name.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first) else { return false }
        return name.utf8.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "_")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
    }

    /// Says why a value is none of a type; `nil` where it is.
    private static func problem(_ value: ConfigurationValue, _ type: OptionType) -> String? {
        switch (type, value) {
        case (.text, .text), (.symbol, .text), (.path, .text), (.reference, .text), (.boolean, .boolean),
            (.secret, .secret):
            return nil
        case (.integer(let range), .integer(let number)):
            return range.contains(number) ? nil : "is \(number); allowed \(range)"
        case (.number(let range), .number(let number)), (.ratio(let range), .number(let number)):
            return range.contains(number) ? nil : "is \(number); allowed \(range)"
        case (.duration(let range), .duration(let span)):
            return range.contains(span) ? nil : "is \(span); allowed \(range)"
        case (.choice(let words), .text(let word)): return words.contains(word) ? nil : "is '\(word)'; allowed \(words)"
        case (.list(let element, let counts), .list(let items)):
            guard counts.contains(items.count) else { return "has \(items.count) items; allowed \(counts)" }
            return items.lazy.compactMap { problem($0, element) }.first
        case (.map(let element), .map(let items)): return items.values.lazy.compactMap { problem($0, element) }.first
        case (.record(let schema), .map(let items)):
            return items.lazy.compactMap { name, item in
                guard let option = schema[name] else { return "has the unknown key '\(name)'" }
                return problem(item, option.type)
            }.first
        default: return "is of another type than the option"
        }
    }
}
