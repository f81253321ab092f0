public import PluginKit

/// How far the close moved over a number of bars.
///
/// ## Formula
/// ```
/// M_t = x_t - x_(t-n)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `close`, quote currency |
/// | Output | quote currency |
/// | Parameters | `period`: 1 ... 10000, default 10 |
/// | Warm-up | `period + 1` bars |
/// | Cost | O(1) time a bar, O(period) memory |
/// | Undefined | never |
public struct ExampleMove: Indicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .indicator, name: "example_move", version: "0.1.0",
        summary: "How far the close moved over a number of bars.", stability: .experimental,
        schema: ConfigurationSchema([
            .integer("period", 1...10_000, default: 10, unit: "bars", "Bars the move is measured over.")
        ]),
        outputs: [OutputColumn("value", unit: "quote currency", "Close minus the close that many bars before.")])

    /// The last `period` closes, a ring.
    private var closes: [Double]
    private var count = 0

    /// Builds fresh state.
    public init(_ configuration: Configuration) throws(PluginError) {
        let period = try configuration.integer("period")
        guard (1...10_000).contains(period) else {
            throw PluginError(
                .configuration, "\(configuration.instance): 'period' is \(period); allowed 1...10000. Correct it.")
        }
        closes = [Double](repeating: 0, count: period)
    }

    /// `period + 1`.
    public var warmUpLength: Int { closes.count + 1 }

    /// Takes a bar; refuses a close that is no number.
    public mutating func update(_ bar: Bar, into row: OutputRow) -> Bool {
        row.clear()
        guard bar.close.isFinite else { return false }
        let place = count % closes.count
        if count >= closes.count { row[0] = bar.close - closes[place] }
        closes[place] = bar.close
        count += 1
        return true
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
