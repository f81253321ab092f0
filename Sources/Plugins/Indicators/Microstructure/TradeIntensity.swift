public import PluginKit
import RollingStatistics

/// Trade intensity: trades and volume a second, older ones fading.
///
/// ## Formula
/// ```
/// f_t = exp(-(time_t - time_(t-1)) / T)
/// trades_t = f_t * trades_(t-1) + 1 / T        volume_t = f_t * volume_(t-1) + size_t / T        before the first: 0
/// ```
///
/// | | |
/// |---|---|
/// | Input | event time and `size` of a trade, shares, contracts or coins |
/// | Output | `trades`: trades a second; `volume`: shares a second |
/// | Parameters | `span` T: 1 ms ... 10 days, default 1 m |
/// | Warm-up | 1 trade; recursive: what was missing before it has the weight exp(-t / T) after a time t |
/// | Cost | O(1) time and memory a trade |
/// | Undefined | never: trades that share an instant count as many; one before the last counts as at its time |
///
/// The intensity of a Poisson process, estimated with an exponential kernel: it has a value at every trade, also where
/// a count over a window of trades would divide by no time. It falls between trades; a row shows it right after one.
/// Source: A. Hawkes, *Spectra of some self-exciting and mutually exciting point processes*, Biometrika, 1971. Checked
/// against: an independent computation, a sum over all trades before, with numpy, relative tolerance 1e-9.
public struct TradeIntensity: TradeIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "trade_intensity", "Trades and volume a second, older ones fading.",
        [
            .duration(
                "span", .milliseconds(1)...(.seconds(864_000)), default: .seconds(60),
                "Time in which a trade's weight falls to 37 %.")
        ],
        outputs: [
            OutputColumn("trades", unit: "trades/s", "Trades a second."),
            OutputColumn("volume", unit: "shares/s", "Volume a second."),
        ])

    var state: IndicatorState<Core>

    struct Core: TradeCore {
        /// In nanoseconds, and in seconds.
        let span: Double
        let seconds: Double
        var trades = 0.0
        var volume = 0.0
        var time = Int.min

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            let parts = try options.duration("span").components
            span = Double(parts.seconds) * 1e9 + Double(parts.attoseconds) / 1e9
            seconds = span / 1e9
        }

        var warmUpLength: Int { 1 }

        @inline(__always)
        mutating func step(_ trade: Trade, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard trade.hasUsableSize else { return false }
            let (distance, isBeyond) = Int(trade.time).subtractingReportingOverflow(time)
            let factor = trade.time <= time ? 1 : isBeyond ? 0 : (-Double(distance) / span).exponential
            let volume = Self.faded(volume, factor) + trade.size / seconds
            guard volume.isUsable else { return false }
            self.volume = volume
            trades = Self.faded(trades, factor) + 1 / seconds
            time = max(time, Int(trade.time))
            row[0] = trades
            row[1] = volume
            return true
        }

        /// What is left of a rate; 0 where it is too small for full speed.
        private static func faded(_ rate: Double, _ factor: Double) -> Double {
            let left = rate * factor
            return left < Double.leastNormalMagnitude ? 0 : left
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try state.number(&trades)
            try state.number(&volume)
            try state.count(&time, in: .min ... .max)
        }
    }
}
