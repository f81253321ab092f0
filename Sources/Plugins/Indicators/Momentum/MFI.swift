public import PluginKit
import RollingStatistics

/// Money flow index: volume times price of rising bars over that of all that moved.
///
/// ## Formula
/// ```
/// p = (high + low + close) / 3        flow_t = p_t * volume_t, positive where p rose, negative where it fell
/// MFI_t = 100 * P_t / (P_t + N_t)     P, N: sums of positive and negative flow over the last n changes
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency; `volume`, shares |
/// | Output | 0 ... 100, no unit |
/// | Parameters | `period`: 2 ... 100000, default 14 |
/// | Warm-up | `period + 1` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | `P + N < 1`: 0, as TA-Lib |
///
/// Source: G. Quong and A. Soudack, 1989. Checked against: TA-Lib 0.8.1 (`MFI`), relative tolerance 1e-9.
public struct MFI: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "mfi", "Money flow index: money in rising bars over money in all that moved.", unit: "0...100",
        [.period(from: 2, default: 14, "Changes that are added up.")])

    var core: Core
    var memory: [Double]

    struct Core: BarCore {
        var positive: RollingSum
        var negative: RollingSum
        var change = Change()

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            positive = RollingSum(period: try options.period(from: 2), in: &layout)
            negative = RollingSum(period: positive.period, in: &layout)
        }

        var warmUpLength: Int { positive.period + 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let flow = bar.typical * bar.volume
            guard bar.hasUsableRange, bar.hasUsableVolume, flow.isUsable else { return false }
            let change = change.push(bar.typical)
            guard !change.isNaN else {
                row[0] = .nan
                return true
            }
            let up = positive.push(change > 0 ? flow : 0, &memory)
            let total = up + negative.push(change < 0 ? flow : 0, &memory)
            row[0] = total < 1 ? 0 : (100 * (up / total)).orUndefined
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try positive.code(&state)
            try negative.code(&state)
            try change.code(&state)
        }
    }
}
