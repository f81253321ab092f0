import PluginKit

// Whether a plugin takes the options its schema promises, and refuses others by an error and not by a crash.
extension Workbench {
    var configurationChecks: [ConformanceCheck] {
        [
            ConformanceCheck("defaults", .configuration) { try await checkDefaults($0) },
            ConformanceCheck("bounds", .configuration) { try await checkBounds($0) },
            ConformanceCheck("missingOptions", .configuration) { try await checkMissing($0) },
            ConformanceCheck("wrongTypes", .configuration) { try await checkTypes($0) },
            ConformanceCheck("unknownOption", .configuration) { try await checkUnknown($0) },
            ConformanceCheck("validation", .configuration) { checkValidation($0) },
        ]
    }

    /// Defaults and the least that must be given build an instance.
    private func checkDefaults(_ notes: ConformanceNotes) async throws {
        for option in descriptor.schema.options where option.isRequired && sample.values[option.name] == nil {
            throw NotChecked.skipped("the sample has no value for the required option '\(option.name)'")
        }
        let faults = plugin.validate(configuration())
        notes.expect(faults.isEmpty, "validation refuses the sample: \(faults.map(\.message))")
        if let fault = await fault({ try await tryOut(configuration()) }) {
            notes.report("the sample is not taken: \(fault)")
        }
    }

    /// Every value at the ends of its range is taken, or refused by validation.
    private func checkBounds(_ notes: ConformanceNotes) async throws {
        for option in descriptor.schema.options {
            for value in Self.extremes(option.type) {
                let changed = configuration([option.name: value])
                guard plugin.validate(changed).isEmpty else { continue }
                guard let fault = await fault({ try await tryOut(changed) }), fault.code == .configuration else {
                    continue
                }
                notes.report("'\(option.name)' at \(value) passes schema and validation; then it throws: \(fault)")
            }
        }
    }

    /// Without an option there is an instance, or the code `.configuration`.
    private func checkMissing(_ notes: ConformanceNotes) async throws {
        for option in descriptor.schema.options {
            await expectConfigurationFault([option.name: nil], "without '\(option.name)'", notes)
        }
    }

    /// A value of another type gives an instance that ignores it, or the code `.configuration`.
    private func checkTypes(_ notes: ConformanceNotes) async throws {
        for option in descriptor.schema.options {
            let odd: ConfigurationValue = if case .boolean = option.type { .list([]) } else { .boolean(true) }
            await expectConfigurationFault([option.name: odd], "with '\(option.name)' of another type", notes)
        }
    }

    /// An option nobody declared gives an instance that ignores it, or the code `.configuration`.
    private func checkUnknown(_ notes: ConformanceNotes) async throws {
        await expectConfigurationFault(
            ["no_such_option": .text("1")], "with the unknown option 'no_such_option'", notes)
    }

    private func expectConfigurationFault(
        _ changes: [String: ConfigurationValue?], _ what: String, _ notes: ConformanceNotes
    ) async {
        let changed = configuration(changes)
        guard plugin.validate(changed).isEmpty else { return }
        guard let fault = await fault({ try await tryOut(changed) }) else { return }
        notes.expect(fault.code == .configuration, "\(what) it throws .\(fault.code); it must throw .configuration")
    }

    /// Validation is a function: the same faults each time, each about an option of the schema.
    private func checkValidation(_ notes: ConformanceNotes) {
        let empty = Configuration(instance: configuration().instance, values: [:])
        var tried = [configuration(), empty]
        for option in descriptor.schema.options {
            tried += Self.extremes(option.type).map { configuration([option.name: $0]) }
        }
        for changed in tried {
            let faults = plugin.validate(changed)
            notes.expect(plugin.validate(changed) == faults, "validation gives other faults the second time")
            for fault in faults {
                heard.note(text: fault.message)
                notes.expect(
                    descriptor.schema[fault.option] != nil || fault.option.contains("."),
                    "a fault is about '\(fault.option)', which is no option")
                notes.expect(!fault.message.isEmpty, "the fault of '\(fault.option)' has no message")
            }
        }
    }

    private static func extremes(_ type: OptionType) -> [ConfigurationValue] {
        switch type {
        case .integer(let range): [.integer(range.lowerBound), .integer(range.upperBound)]
        case .number(let range), .ratio(let range): [.number(range.lowerBound), .number(range.upperBound)]
        case .duration(let range): [.duration(range.lowerBound), .duration(range.upperBound)]
        case .choice(let words): words.map { .text($0) }
        case .boolean: [.boolean(true), .boolean(false)]
        default: []
        }
    }
}
