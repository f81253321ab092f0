import PluginKit
import RollingStatistics

/// The number of a bar that an indicator reads: the option `source`.
enum BarField: String, Sendable, CaseIterable {
    case open, high, low, close, volume, typical

    /// Reads the option `source`.
    init(_ configuration: Configuration) throws(PluginError) {
        let word = try configuration.text("source")
        guard let field = BarField(rawValue: word) else {
            throw PluginError(
                .configuration,
                "\(configuration.instance): 'source' is \(PluginError.quoted(word)); "
                    + "allowed \(BarField.allCases.map(\.rawValue).joined(separator: ", ")). Set it in plugins.yaml.")
        }
        self = field
    }

    /// Returns the number; `typical` is the mean of high, low and close.
    @inline(__always) func value(of bar: Bar) -> Double { self == .close ? bar.close : other(bar) }

    private func other(_ bar: Bar) -> Double {
        switch self {
        case .open: bar.open
        case .high: bar.high
        case .low: bar.low
        case .close: bar.close
        case .volume: bar.volume
        case .typical: (bar.high + bar.low + bar.close) / 3
        }
    }
}

extension ConfigurationOption {
    /// The option `source`.
    static func source(default field: BarField = .close) -> ConfigurationOption {
        .choice("source", BarField.allCases.map(\.rawValue), default: field.rawValue, "Number of the bar that is read.")
    }

    /// The option `period`.
    static func period(from least: Int = 1, default value: Int, _ summary: String) -> ConfigurationOption {
        .integer("period", least...100_000, default: value, unit: "bars", summary)
    }
}

extension Configuration {
    /// Returns a count of bars; throws where it is below 1, which the schema does not let through.
    func period(_ name: String = "period", from least: Int = 1) throws(PluginError) -> Int {
        let value = try integer(name)
        guard (least...100_000).contains(value) else {
            throw PluginError(
                .configuration, "\(instance): '\(name)' is \(value); allowed \(least)...100000. Set it in plugins.yaml."
            )
        }
        return value
    }
}

extension Bar {
    /// Whether high, low and close are numbers a kernel can take.
    @inline(__always) var hasUsableRange: Bool { high.isUsable && low.isUsable && close.isUsable }

    /// Whether the volume is a number a kernel can take; a traded quantity is never negative.
    @inline(__always) var hasUsableVolume: Bool { volume >= 0 && volume.isUsable }
}
