public import PluginKit

/// Efficiency ratio: how straight the way of the closes was.
///
/// ## Formula
/// ```
/// ER_t = |x_t - x_(t-n)| / (|x_t - x_(t-1)| + ... + |x_(t-n+1) - x_(t-n)|)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `close`, quote currency |
/// | Output | 0 ... 1, no unit |
/// | Parameters | `period`: 2 ... 10000, default 10 |
/// | Warm-up | `period + 1` bars |
/// | Cost | O(period) time and memory a bar |
/// | Undefined | no movement at all: 0, the way went nowhere |
///
/// Source: P. Kaufman, *Trading Systems and Methods*, 1995.
public struct EfficiencyRatio: Indicator {
    /// What the plugin is: `indicator/efficiency_ratio`.
    public static let descriptor = PluginDescriptor(
        kind: .indicator, name: "efficiency_ratio", version: "1.0.0",
        summary: "How straight the way of the closes was.",
        stability: .experimental,
        schema: ConfigurationSchema([
            .integer("period", 2...10_000, default: 10, unit: "bars", "Bars the way is measured over.")
        ]),
        outputs: [OutputColumn("value", unit: "0...1", "Net change by the sum of all changes.")])

    private let period: Int
    /// The last `period + 1` closes, a ring.
    private var closes: [Double]
    private var count = 0

    /// Builds fresh state.
    public init(_ configuration: Configuration) throws(PluginError) {
        period = try configuration.integer("period")
        guard (2...10_000).contains(period) else {
            throw PluginError(
                .configuration, "\(configuration.instance): 'period' is \(period); allowed 2...10000. Correct it.")
        }
        closes = [Double](repeating: 0, count: period + 1)
    }

    /// `period + 1`.
    public var warmUpLength: Int { period + 1 }

    /// Takes a bar; refuses a close that is no number.
    public mutating func update(_ bar: Bar, into row: OutputRow) -> Bool {
        row.clear()
        guard bar.close.isFinite else { return false }
        closes[count % closes.count] = bar.close
        count += 1
        if count > period { row[0] = ratio }
        return true
    }

    private var ratio: Double {
        var way = 0.0
        var last = closes[count % closes.count]
        let first = last
        for step in 1...period {
            let close = closes[(count + step) % closes.count]
            way += abs(close - last)
            last = close
        }
        return way > 0 ? min(1, abs(last - first) / way) : 0
    }

    /// Writes the closes and how many bars were taken.
    public func save(to writer: inout StateWriter) {
        writer.write(count)
        writer.write(closes)
    }

    /// Reads them back.
    public mutating func restore(from reader: inout StateReader) throws(PluginError) {
        let count = try reader.readInt(in: 0...(.max >> 1))
        let closes = try reader.readDoubles(count: closes.count)
        guard closes.allSatisfy(\.isFinite) else {
            throw PluginError(.corrupted, "snapshot: a close is no number. Drop the snapshot and warm up again.")
        }
        (self.count, self.closes) = (count, closes)
    }
}
