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

    var state: IndicatorState<Core>

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
            row[0] = Self.index(up, negative.push(change < 0 ? flow : 0, &memory))
            return true
        }

        @inline(__always)
        private static func index(_ up: Double, _ down: Double) -> Double {
            let total = up + down
            return total < 1 ? 0 : (100 * (up / total)).orUndefined
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withThreeColumns { prices, flows, ups in
                    guard block.copyRange(prices, flows, ups), block.copyVolume(ups),
                        block.copy(to: prices, { $0.typical }), block.copy(to: flows, { $0.typical * $0.volume }),
                        !change.isFirst
                    else { return stepThrough(block, &memory, into: rows, from: block.start) }
                    let (ups, downs) = (ups.part(0..<block.count), prices.part(0..<block.count))
                    for index in ups.indices {
                        let (move, flow) = (change.push(prices[index]), flows[index])
                        ups[index] = move > 0 ? flow : 0
                        downs[index] = move < 0 ? flow : 0
                    }
                    positive.run(ups, &memory, into: ups)
                    negative.run(downs, &memory, into: downs)
                    for index in ups.indices { ups[index] = Self.index(ups[index], downs[index]) }
                    rows.write(ups, to: 0, from: block.start)
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try positive.code(&state)
            try negative.code(&state)
            try change.code(&state)
        }
    }
}
