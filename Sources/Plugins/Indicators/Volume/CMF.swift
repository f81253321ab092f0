public import PluginKit
import RollingStatistics

/// Chaikin money flow: volume by where the close lies in its bar, over all volume.
///
/// ## Formula
/// ```
/// m_t = ((close_t - low_t) - (high_t - close_t)) / (high_t - low_t)        CMF_t = sum(m * volume) / sum(volume)        over the last n bars
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency; `volume`, shares |
/// | Output | -1 ... 1, no unit |
/// | Parameters | `period`: 1 ... 100000, default 20 |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | `high = low`: m is 0; no volume: 0; both as TA-Lib |
///
/// Source: M. Chaikin. Checked against: TA-Lib 0.8.1 (`CMF`), relative tolerance 1e-9.
public struct CMF: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "cmf", "Volume by where the close lies in its bar, over all volume.", unit: "-1...1",
        [
            .period(default: 20, "Bars that are added up.")
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var flows: RollingSum
        var volumes: RollingSum

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            flows = RollingSum(period: try options.period(), in: &layout)
            volumes = RollingSum(period: flows.period, in: &layout)
        }

        var warmUpLength: Int { flows.period }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableFlow else { return false }
            let flow = flows.push(bar.moneyFlow, &memory)
            row[0] = flow.over(volumes.push(bar.volume, &memory))
            return true
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withTwoColumns { money, traded in
                    guard block.copyFlow(money, traded) else {
                        return stepThrough(block, &memory, into: rows, from: block.start)
                    }
                    let (money, traded) = (money.part(0..<block.count), traded.part(0..<block.count))
                    flows.run(money, &memory, into: money)
                    volumes.run(traded, &memory, into: traded)
                    for index in money.indices { money[index] = money[index].over(traded[index]) }
                    rows.write(money, to: 0, from: block.start)
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try flows.code(&state)
            try volumes.code(&state)
        }
    }
}
