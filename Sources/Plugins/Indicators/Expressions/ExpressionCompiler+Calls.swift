import PluginKit

// Calls of indicators: values by place or by name, sources that are expressions themselves.
extension ExpressionCompiler {
    /// The options of a call as they are found.
    private struct Given {
        var values: [String: (syntax: ExpressionSyntax, range: Range<Int>)] = [:]
    }

    /// Compiles the call of an indicator.
    mutating func call(
        _ written: String, _ range: Range<Int>, _ arguments: [ExpressionSyntax.Argument], all: Range<Int>
    ) throws(ExpressionFault) -> Value {
        guard let plugin = IndicatorList.byName[Self.otherNames[written] ?? written] else {
            throw ExpressionFault(
                range,
                "no function '\(written)'. \(Self.guess(written, Self.functionNames))"
                    + "`penstock indicators list` shows the indicators.")
        }
        let schema = plugin.descriptor.schema
        let given = try bind(arguments, to: schema, of: written)
        let sources = schema.options.filter(\.isField)
        var values: [String: ConfigurationValue] = [:]
        for option in schema.options { values[option.name] = option.defaultValue }
        for option in schema.options where !option.isField {
            guard let (syntax, _) = given.values[option.name] else { continue }
            values[option.name] = try Self.value(of: option, syntax, of: written)
        }
        let columns = try sourceColumns(sources, given, &values, of: written)
        let configuration = Configuration(instance: "indicator/\(plugin.descriptor.name)", values: values)
        if let fault = plugin.validate(configuration).first {
            let place = given.values[fault.option]?.range ?? all
            throw ExpressionFault(place, "\(written): \(fault.message)")
        }
        return try add(plugin, configuration, columns, written, all)
    }

    private func bind(
        _ arguments: [ExpressionSyntax.Argument], to schema: ConfigurationSchema, of written: String
    ) throws(ExpressionFault) -> Given {
        var given = Given()
        var sources = schema.options.filter(\.isField).map(\.name)[...]
        var others = schema.options.filter { !$0.isField }.map(\.name)[...]
        for argument in arguments {
            let name: String
            if let label = argument.name {
                guard schema[label.text] != nil else {
                    let names = schema.options.map(\.name)
                    throw ExpressionFault(
                        label.range,
                        "'\(written)' has no option '\(label.text)'. \(Self.guess(label.text, names))"
                            + "It has \(names.isEmpty ? "none" : Self.list(names)).")
                }
                name = label.text
            } else if argument.value.number == nil, let next = sources.popFirst() {
                name = next
            } else {
                // After a number no source can follow by its place.
                sources = []
                guard let next = others.popFirst() else {
                    let order = schema.options.filter(\.isField) + schema.options.filter { !$0.isField }
                    throw ExpressionFault(
                        argument.value.range,
                        "'\(written)' has no place for this value. It takes "
                            + "\(order.isEmpty ? "none" : Self.list(order.map(\.name))).")
                }
                name = next
            }
            if given.values[name] != nil {
                throw ExpressionFault(argument.value.range, "'\(name)' of '\(written)' is given twice.")
            }
            given.values[name] = (argument.value, argument.value.range)
        }
        return given
    }

    /// Names fields as the options they are; where one source is more than a field, all become columns.
    private mutating func sourceColumns(
        _ sources: [ConfigurationOption], _ given: Given, _ values: inout [String: ConfigurationValue],
        of written: String
    ) throws(ExpressionFault) -> [Int] {
        let fields = sources.map { option -> BarField? in
            guard let (syntax, _) = given.values[option.name] else { return option.defaultField }
            return syntax.name.flatMap { isDefined($0) ? nil : BarField(rawValue: $0) }
        }
        guard fields.contains(nil) else {
            for (option, field) in zip(sources, fields) { values[option.name] = field.map { .text($0.rawValue) } }
            return []
        }
        var columns: [Int] = []
        for (option, place) in zip(sources, [BarField.close, .open]) {
            values[option.name] = .text(place.rawValue)
            if let (syntax, _) = given.values[option.name] {
                columns.append(try number(syntax, for: "'\(option.name)' of '\(written)'"))
            } else {
                let field = option.defaultField.flatMap { ExpressionField(rawValue: $0.rawValue) } ?? .close
                columns.append(program.column(of: .field(field)))
            }
        }
        return columns
    }

    private mutating func add(
        _ plugin: PluginType, _ configuration: Configuration, _ sources: [Int], _ written: String, _ all: Range<Int>
    ) throws(ExpressionFault) -> Value {
        let outputs = plugin.outputs(configuration).map(\.name)
        let made: any Indicator<Bar>
        do {
            guard case .indicator(let make) = plugin.maker, let found = try make(configuration) as? any Indicator<Bar>
            else { throw ExpressionFault(all, "'\(written)' does not read bars; an expression does.") }
            made = found
        } catch let fault as ExpressionFault { throw fault } catch {
            throw ExpressionFault(all, "\(written): \(error)")
        }
        var needs = Self.fieldsRead(by: made, outputs.count)
        if !sources.isEmpty {
            needs.subtract(sources.count > 1 ? [.close, .open] : [.close])
            let beside = needs.subtracting([.volume, .amount]).map(\.rawValue).sorted()
            guard beside.isEmpty else {
                throw ExpressionFault(
                    all,
                    "'\(written)' reads \(beside.joined(separator: ", ")) of the bar beside its source; "
                        + "its source can only be a field, as `close`.")
            }
        }
        let call = ExpressionProgram.Call(name: plugin.descriptor.name, values: configuration.values, sources: sources)
        let column = program.column(of: call, width: outputs.count, needs: needs, made)
        return Value(kind: outputs.count == 1 ? .number : .outputs(outputs, of: written), column: column)
    }

    /// The numbers of a bar without which an indicator refuses it.
    private static func fieldsRead(by fresh: any Indicator<Bar>, _ width: Int) -> Set<ExpressionField> {
        Set(
            ExpressionField.held.filter { field in
                var copy = fresh
                let bar = field.bar(with: .nan)
                return withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { memory in
                    memory.initialize(repeating: .nan)
                    guard let base = memory.baseAddress else { return false }
                    return !copy.update(bar, into: OutputRow(base: base, width: width))
                }
            })
    }

    // MARK: Options

    private static func value(
        of option: ConfigurationOption, _ syntax: ExpressionSyntax, of written: String
    ) throws(ExpressionFault) -> ConfigurationValue {
        let who = "'\(option.name)' of '\(written)'"
        switch option.type {
        case .integer(let range):
            guard let number = syntax.number, let whole = Int(exactly: number) else {
                throw ExpressionFault(syntax.range, "\(who) is no whole number; allowed \(show(range)).")
            }
            guard range.contains(whole) else {
                let ahead = written == "ref" || written == "lag" ? " What comes later cannot be read." : ""
                throw ExpressionFault(syntax.range, "\(who) is \(whole); allowed \(show(range)).\(ahead)")
            }
            return .integer(whole)
        case .number(let range), .ratio(let range):
            guard let number = syntax.number, range.contains(number) else {
                throw ExpressionFault(
                    syntax.range, "\(who) is no number that is allowed: \(range.lowerBound)...\(range.upperBound).")
            }
            return .number(number)
        case .boolean:
            guard let name = syntax.name, name == "true" || name == "false" else {
                throw ExpressionFault(syntax.range, "\(who) is true or false.")
            }
            return .boolean(name == "true")
        case .choice(let words):
            guard let name = syntax.name, words.contains(name) else {
                throw ExpressionFault(
                    syntax.range, "\(who): \(guess(syntax.name ?? "", words))Allowed \(list(words)).")
            }
            return .text(name)
        default: throw ExpressionFault(syntax.range, "\(who) cannot be given in an expression. Leave it out.")
        }
    }

    private static func show(_ range: ClosedRange<Int>) -> String { "\(range.lowerBound)...\(range.upperBound)" }
}

extension ConfigurationOption {
    /// Whether it names the number of a bar that is read.
    fileprivate var isField: Bool { type == .choice(BarField.allCases.map(\.rawValue)) }

    fileprivate var defaultField: BarField? {
        if case .text(let word) = defaultValue { BarField(rawValue: word) } else { nil }
    }
}
