public import PluginKit
import RollingStatistics

/// Qlib's Alpha158: 158 features of the last 60 bars, each in relation to the close or the volume of this one.
///
/// ## Formula
/// ```
/// o, h, l, c, v: prices and volume; c': close before; e = 1e-12; std: over d - 1
/// kmid = (c - o) / o           klen = (h - l) / o           kmid2 = (c - o) / (h - l + e)
/// kup = (h - max(o, c)) / o    klow = (min(o, c) - l) / o   ksft = (2 c - h - l) / o    kup2, klow2, ksft2: over h - l + e
/// open0, high0, low0, vwap0 = o, h, l, typical price over c
/// for d = 5, 10, 20, 30, 60, over the last d bars:
/// roc = c_(t-d) / c      ma = mean(c) / c      std = std(c) / c      max = max(h) / c      min = min(l) / c
/// beta, rsqr, resi: slope / c, r2, residual / c of linear_regression      qtlu, qtld: quantiles 0.8 and 0.2 (linear) / c
/// rank: share of the c at or below this one, equal ones by half      rsv = (c - min(l)) / (max(h) - min(l) + e)
/// imax, imin: place of max(h), min(l) in the window, 1 the oldest, over d      imxd = imax - imin
/// corr = corr(c, ln(v + 1))      cord = corr(c / c', ln(v / v' + 1))
/// cntp, cntn: share of bars with c > c', c < c'      cntd = cntp - cntn
/// sump, sumn: sum of rises, of falls of c, over sum of |c - c'| + e      sumd = sump - sumn
/// vma = mean(v) / (v + e)      vstd = std(v) / (v + e)      wvma = std(w) / (mean(w) + e), w = |c / c' - 1| * v
/// vsump, vsumn, vsumd: as sump, sumn, sumd with v
/// ```
///
/// | | |
/// |---|---|
/// | Input | `open`, `high`, `low`, `close`, quote currency; `volume`, shares |
/// | Output | no unit |
/// | Parameters | none |
/// | Warm-up | 61 bars; what is older has no weight |
/// | Cost | O(60) time a bar at most, for the quantiles; else O(1); 4,500 numbers of memory |
/// | Undefined | a close of 0 is NaN in what is divided by it; no spread: `corr`, `cord`, `rsqr` are 0, where Qlib has NaN |
///
/// Qlib reads the volume-weighted price from its data, and gives values before a window is full. Prices and volumes above
/// about 1e149 are refused. Source: Microsoft Qlib, `qlib/contrib/data/loader.py` (`Alpha158DL`). Checked against: an
/// independent computation of Qlib's expressions with numpy and pandas, relative tolerance 1e-9.
public struct Alpha158: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "alpha158", "Qlib's Alpha158: 158 features of the last 60 bars.",
        outputs: (single + lengths.flatMap { length in Alpha158Window.names.map { "\($0)\(length)" } }).map {
            OutputColumn($0, unit: "no unit", "Alpha158's \($0.uppercased()).")
        })

    private static let single = [
        "kmid", "klen", "kmid2", "kup", "kup2", "klow", "klow2", "ksft", "ksft2", "open0", "high0", "low0", "vwap0",
    ]
    private static let lengths = [5, 10, 20, 30, 60]

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var windows: [5 of Alpha158Window]
        var close = Double.nan
        var volume = Double.nan
        var seen = 0

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            windows = .init(repeating: Alpha158Window(Alpha158.lengths[0], in: &layout))
            for index in windows.indices.dropFirst() {
                windows[index] = Alpha158Window(Alpha158.lengths[index], in: &layout)
            }
        }

        var warmUpLength: Int { 61 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.open.isSquarable, bar.high.isSquarable, bar.low.isSquarable, bar.close.isSquarable,
                bar.volume.isSquarable, bar.hasUsableVolume
            else { return false }
            shape(bar, into: row)
            let input = input(bar)
            for index in windows.indices {
                windows[index].push(
                    input, &memory, into: row, at: Alpha158.single.count + index * Alpha158Window.names.count)
            }
            (close, volume) = (bar.close, bar.volume)
            if seen < warmUpLength { seen += 1 }
            if seen < warmUpLength { row.clear() }
            return true
        }

        private func input(_ bar: Bar) -> Alpha158Input {
            let ratio = bar.close / close
            let volumeRatio = (bar.volume / volume + 1).logarithm
            return Alpha158Input(
                close: bar.close, high: bar.high, low: bar.low, volume: bar.volume, change: bar.close - close,
                volumeChange: bar.volume - volume, ratio: ratio.isSquarable ? ratio : 0,
                volumeRatio: volumeRatio.isSquarable ? volumeRatio : 0)
        }

        /// Body, shadows and prices of the bar itself.
        private func shape(_ bar: Bar, into row: OutputRow) {
            let parts: [4 of Double] = [
                bar.close - bar.open, bar.high - max(bar.open, bar.close), min(bar.open, bar.close) - bar.low,
                2 * bar.close - bar.high - bar.low,
            ]
            let span = bar.high - bar.low + 1e-12
            row[0] = (parts[0] / bar.open).orUndefined
            row[1] = ((bar.high - bar.low) / bar.open).orUndefined
            row[2] = (parts[0] / span).orUndefined
            for index in 1..<4 {
                row[2 * index + 1] = (parts[index] / bar.open).orUndefined
                row[2 * index + 2] = (parts[index] / span).orUndefined
            }
            row[9] = (bar.open / bar.close).orUndefined
            row[10] = (bar.high / bar.close).orUndefined
            row[11] = (bar.low / bar.close).orUndefined
            row[12] = (bar.typical / bar.close).orUndefined
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            for index in windows.indices { try windows[index].code(&state) }
            try state.numberOrNone(&close)
            try state.numberOrNone(&volume)
            try state.count(&seen, in: 0...warmUpLength)
        }
    }
}
