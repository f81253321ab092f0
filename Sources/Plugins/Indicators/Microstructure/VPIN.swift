public import PluginKit
import RollingStatistics

/// Volume-synchronised probability of informed trading: how one-sided the last buckets of equal volume were.
///
/// ## Formula
/// ```
/// trades fill buckets of V; one that does not fit is split, its rest goes to the next bucket
/// x_k = |bought_k - sold_k| / V        VPIN_t = mean(x)        over the last n full buckets
/// ```
///
/// | | |
/// |---|---|
/// | Input | `price` of a trade, quote currency; `size`, shares, contracts or coins; its side |
/// | Output | `value`: 0 ... 1, unchanged until a bucket is full; `buckets`: full ones it is the mean of, 0 ... n |
/// | Parameters | `bucket` V: 1e-9 ... 1e15, default 1000; `period` n: 1 ... 100000, default 50; `rule`: `side` or `tick` as in `signed_volume`, default `side` |
/// | Warm-up | 1 trade: while fewer than n are full, over those; before the first one is full, over what is in it |
/// | Cost | O(1) time a trade, amortised; a trade of many buckets O(n) once; `period` numbers of memory |
/// | Undefined | a trade of which nothing tells who started it counts half to each side; nothing traded yet: 0 |
///
/// The authors sort volume by the change of the price over bars, since they do not see who started a trade; here each
/// trade has its side. Take a fiftieth of a usual day's volume for V, as they do. Values before `buckets` is n are of
/// fewer buckets. Source: D. Easley, M. López de Prado and M. O'Hara, *Flow Toxicity and Liquidity in a High-Frequency
/// World*, Review of Financial Studies, 2012. Checked against: an independent computation that cuts the summed volume with
/// numpy, relative tolerance 1e-9.
public struct VPIN: TradeIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "vpin", "How one-sided the last buckets of equal volume were.",
        [
            .number("bucket", 1e-9...1e15, default: 1_000, unit: "shares", "Volume of a bucket."),
            .period(default: 50, of: "buckets", "Buckets the mean is taken over."), .signRule,
        ],
        outputs: [
            OutputColumn("value", unit: "0...1", "Mean share of a bucket that one side had more."),
            OutputColumn("buckets", unit: "buckets", "Full buckets behind the value."),
        ])

    var state: IndicatorState<Core>

    struct Core: TradeCore {
        var sign: TradeSign
        var window: RollingSum
        let size: Double
        var filled = 0.0
        var signed = 0.0
        var count = 0
        /// Sum while fewer buckets are full than the window holds.
        var first = 0.0
        var value = 0.0

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            sign = try TradeSign(options)
            window = RollingSum(period: try options.period(), in: &layout)
            size = try options.number("bucket")
            guard (1e-9...1e15).contains(size) else {
                throw PluginError(
                    .configuration,
                    "\(options.instance): 'bucket' is \(size); allowed 1e-09...1e15. Set it in plugins.yaml.")
            }
        }

        var warmUpLength: Int { 1 }

        @inline(__always)
        mutating func step(_ trade: Trade, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard trade.isUsable else { return false }
            fill(trade.size, sign.push(trade), &memory)
            row[0] = count == 0 ? signed.magnitude.over(filled) : value
            row[1] = Double(count)
            return true
        }

        private mutating func fill(_ volume: Double, _ sign: Double, _ memory: inout MutableSpan<Double>) {
            let room = max(size - filled, 0)
            guard volume >= room else {
                filled += volume
                signed += sign * volume
                return
            }
            close((signed + sign * room).magnitude / size, &memory)
            let rest = volume - room
            // More than the window holds would only push out their like.
            var whole = min((rest / size).rounded(.down), Double(window.period))
            while whole > 0 {
                close(sign.magnitude, &memory)
                whole -= 1
            }
            filled = rest.truncatingRemainder(dividingBy: size)
            signed = sign * filled
        }

        private mutating func close(_ share: Double, _ memory: inout MutableSpan<Double>) {
            let share = min(share, 1)
            let sum = window.push(share, &memory)
            if count < window.period {
                count += 1
                first += share
            }
            value = (sum.isNaN ? first : sum) / Double(count)
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try sign.code(&state)
            try window.code(&state)
            try state.number(&filled, in: 0...size)
            try state.number(&signed, in: -size...size)
            try state.count(&count, in: 0...window.period)
            try state.number(&first)
            try state.number(&value)
        }
    }
}
