import PluginKit
import RollingStatistics

/// The number of a bar that an indicator reads: the option `source`.
enum BarField: String, Sendable, CaseIterable {
    case open, high, low, close, volume, typical, median, weighted, average

    /// Reads the option `source`, or another one of its kind.
    init(_ configuration: Configuration, _ option: String = "source") throws(PluginError) {
        self = try configuration.word(option)
    }

    /// Returns the number: `typical` is the mean of high, low and close, `median` of high and low, `weighted` of high, low
    /// and twice the close, `average` of all four prices.
    @inline(__always) func value(of bar: Bar) -> Double { self == .close ? bar.close : other(bar) }

    /// Writes the number of each bar to a column; returns whether a kernel can take all of them.
    func copy(
        _ block: BarBlock<some BarSource>, to column: NumberColumn, within limit: NumberLimit = .usable
    ) -> Bool {
        switch self {
        case .open: block.copy(to: column, within: limit) { $0.open }
        case .high: block.copy(to: column, within: limit) { $0.high }
        case .low: block.copy(to: column, within: limit) { $0.low }
        case .close: block.copy(to: column, within: limit) { $0.close }
        case .volume: block.copy(to: column, within: limit) { $0.volume }
        case .typical: block.copy(to: column, within: limit) { $0.typical }
        case .median: block.copy(to: column, within: limit) { $0.median }
        case .weighted, .average: block.copy(to: column, within: limit, other)
        }
    }

    private func other(_ bar: Bar) -> Double {
        switch self {
        case .open: bar.open
        case .high: bar.high
        case .low: bar.low
        case .close: bar.close
        case .volume: bar.volume
        case .typical: bar.typical
        case .median: bar.median
        case .weighted: (bar.high + bar.low + 2 * bar.close) / 4
        case .average: (bar.open + bar.high + bar.low + bar.close) / 4
        }
    }
}

extension ConfigurationOption {
    /// The option `source`.
    static func source(
        _ name: String = "source", default field: BarField = .close,
        _ summary: String = "Number of the bar that is read."
    ) -> ConfigurationOption {
        .word(name, default: field, summary)
    }

    /// One of the words of an enum.
    static func word<Word: RawRepresentable<String> & CaseIterable>(
        _ name: String, default word: Word, _ summary: String
    ) -> ConfigurationOption {
        .choice(name, Word.allCases.map(\.rawValue), default: word.rawValue, summary)
    }

    /// The option `period`, or another count of events.
    static func period(
        _ name: String = "period", from least: Int = 1, default value: Int, of unit: String = "bars", _ summary: String
    ) -> ConfigurationOption {
        .integer(name, least...100_000, default: value, unit: unit, summary)
    }
}

extension Configuration {
    /// Returns a count of events; throws where it is below the least, which the schema does not let through.
    func period(_ name: String = "period", from least: Int = 1) throws(PluginError) -> Int {
        let value = try integer(name)
        guard (least...100_000).contains(value) else {
            throw PluginError(
                .configuration, "\(instance): '\(name)' is \(value); allowed \(least)...100000. Set it in plugins.yaml."
            )
        }
        return value
    }

    /// Returns one of the words of an enum.
    func word<Word: RawRepresentable<String> & CaseIterable>(_ name: String) throws(PluginError) -> Word {
        let text = try text(name)
        guard let word = Word(rawValue: text) else {
            throw PluginError(
                .configuration,
                "\(instance): '\(name)' is \(PluginError.quoted(text)); "
                    + "allowed \(Word.allCases.map(\.rawValue).joined(separator: ", ")). Set it in plugins.yaml.")
        }
        return word
    }

    /// Finds a count of bars that is not below another one.
    func faults(unless fast: String, isBelow slow: String) -> [ConfigurationFault] {
        guard let low = try? integer(fast), let high = try? integer(slow), low >= high else { return [] }
        return [
            ConfigurationFault(
                option: fast, "'\(fast)' is \(low); allowed below '\(slow)', which is \(high).")
        ]
    }
}

extension PluginDescriptor {
    /// An indicator; without outputs given it has one, `value`, whose meaning is the summary.
    static func indicator(
        _ name: String, _ summary: String, unit: String = "", _ options: [ConfigurationOption] = [],
        outputs: [OutputColumn] = []
    ) -> PluginDescriptor {
        PluginDescriptor(
            kind: .indicator, name: name, summary: summary, schema: ConfigurationSchema(options),
            outputs: outputs.isEmpty ? [OutputColumn("value", unit: unit, summary)] : outputs)
    }
}

extension Bar {
    /// Mean of high, low and close.
    @inline(__always) var typical: Double { (high + low + close) / 3 }

    /// Mean of high and low.
    @inline(__always) var median: Double { (high + low) / 2 }

    /// Whether high, low and close are numbers a kernel can take.
    @inline(__always) var hasUsableRange: Bool { hasUsableSpan && close.isUsable }

    /// Whether high and low are numbers a kernel can take.
    @inline(__always) var hasUsableSpan: Bool { high.isUsable && low.isUsable }

    /// Whether the volume is a number a kernel can take; a traded quantity is never negative.
    @inline(__always) var hasUsableVolume: Bool { volume >= 0 && volume.isUsable }
}
