public import PluginKit
import RollingStatistics

/// Stochastic oscillator of Chinese terminals: where the close lies in the recent range, smoothed twice.
///
/// ## Formula
/// ```
/// RSV_t = 100 * (close_t - L_t) / (H_t - L_t)      H, L: highest high, lowest low of the last n bars
/// K_t   = K_(t-1) + (RSV_t - K_(t-1)) / k          K before the first RSV: the seed
/// D_t   = D_(t-1) + (K_t - D_(t-1)) / d            D before the first K: the seed
/// J_t   = 3 * K_t - 2 * D_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency |
/// | Output | `k`, `d`: 0 ... 100; `j`: -200 ... 300; no unit |
/// | Parameters | `period` 9, `k_smoothing` 3, `d_smoothing` 3: 1 ... 100000; `seed`: `fifty`, `first` or `mean`, default `fifty` |
/// | Warm-up | `period` bars, with `mean` `period + k_smoothing + d_smoothing - 2`; recursive: the seed's weight in K after m values is ((k - 1) / k)^m |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | `H = L` (no range): RSV is 50; terminals differ here |
///
/// What K and D begin from: 50, as most texts say (`fifty`); the first RSV and the first K, as the function `SMA` of
/// Chinese terminals does (`first`); the mean of the first k values and of the first d, as TA-Lib (`mean`). The difference
/// fades within 30 bars. Source: the stochastic oscillator of G. Lane with the smoothing of Chinese terminals. Checked
/// against: TA-Lib 0.8.1 (`KDJ`) with `mean`, an independent computation from the formula with pandas for the others;
/// relative tolerance 1e-9.
public struct KDJ: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "kdj", "Stochastic oscillator with the smoothing of Chinese terminals.",
        [
            .period(default: 9, "Bars of the range."),
            .period("k_smoothing", default: 3, "K moves by 1 over it towards a new value."),
            .period("d_smoothing", default: 3, "D moves by 1 over it towards a new value."),
            .word("seed", default: Seed.fifty, "What both begin from."),
        ],
        outputs: [
            OutputColumn("k", unit: "0...100", "Place of the close in the recent range, smoothed."),
            OutputColumn("d", unit: "0...100", "k, smoothed."),
            OutputColumn("j", unit: "-200...300", "3 k less 2 d: runs ahead of both."),
        ])

    var state: IndicatorState<Core>

    enum Seed: String, Sendable, CaseIterable {
        case fifty, first, mean

        func average(_ smoothing: Int) -> ExponentialAverage {
            switch self {
            case .fifty: ExponentialAverage(smoothing: smoothing, seed: 50)
            case .first: ExponentialAverage(period: 1, weight: 1 / Double(smoothing))
            case .mean: ExponentialAverage(wilder: smoothing)
            }
        }
    }

    struct Core: BarCore {
        var window: RollingRange
        var k: ExponentialAverage
        var d: ExponentialAverage

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            window = RollingRange(period: try options.period(), in: &layout)
            let seed: Seed = try options.word("seed")
            k = seed.average(try options.period("k_smoothing"))
            d = seed.average(try options.period("d_smoothing"))
        }

        var warmUpLength: Int { window.period + max(k.period, 1) + max(d.period, 1) - 2 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange else { return false }
            let (highest, lowest) = window.push(high: bar.high, low: bar.low, &memory)
            guard !highest.isNaN else {
                row.clear()
                return true
            }
            let lines = smooth(bar.close, highest, lowest)
            row[0] = lines.k
            row[1] = lines.d
            row[2] = lines.j
            return true
        }

        @inline(__always)
        private mutating func smooth(
            _ close: Double, _ highest: Double, _ lowest: Double
        ) -> (k: Double, d: Double, j: Double) {
            let place = 100 * ((close - lowest) / (highest - lowest))
            let k = k.push(place.isUsable ? place : 50)
            let d = k.isNaN ? .nan : d.push(k)
            return (d.isNaN ? .nan : k, d, 3 * k - 2 * d)
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withThreeColumns { highs, lows, closes in
                    let count = 0..<block.count
                    let (highs, lows, closes) = (highs.part(count), lows.part(count), closes.part(count))
                    guard window.isFull, block.copyRange(highs, lows, closes) else {
                        return stepThrough(block, &memory, into: rows, from: block.start)
                    }
                    window.run(high: highs, low: lows, &memory, highest: highs, lowest: lows)
                    for index in count {
                        let lines = smooth(closes[index], highs[index], lows[index])
                        (highs[index], lows[index], closes[index]) = (lines.k, lines.d, lines.j)
                    }
                    rows.write(highs, to: 0, from: block.start)
                    rows.write(lows, to: 1, from: block.start)
                    rows.write(closes, to: 2, from: block.start)
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try window.code(&state)
            try k.code(&state)
            try d.code(&state)
        }
    }
}
