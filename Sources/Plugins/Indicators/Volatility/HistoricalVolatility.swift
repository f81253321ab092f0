public import PluginKit
import RollingStatistics

/// Historical volatility of log returns by five estimators, for a year.
///
/// ## Formula
/// ```
/// o, h, l, c: logarithms of the prices of a bar; c': of the close before; N: annualization
/// close_to_close:   sqrt(N * var(c - c'))        var: over n - 1
/// parkinson:        sqrt(N * mean((h - l)^2) / (4 * ln 2))
/// garman_klass:     sqrt(N * mean((h - l)^2 / 2 - (2 * ln 2 - 1) * (c - o)^2))
/// rogers_satchell:  sqrt(N * mean((h - c) * (h - o) + (l - c) * (l - o)))
/// yang_zhang:       sqrt(N * (var(o - c') + k * var(c - o) + (1 - k) * rogers_satchell_mean))
///                   k = 0.34 / (1.34 + (n + 1) / (n - 1))        means and variances over the last n bars
/// ```
///
/// | | |
/// |---|---|
/// | Input | `open`, `high`, `low`, `close`, quote currency, above 0 |
/// | Output | fraction a year: 0.2 is 20 % |
/// | Parameters | `estimator`: `close_to_close`, `parkinson`, `garman_klass`, `rogers_satchell`, `yang_zhang`, default `close_to_close`; `period` n: 2 ... 100000, default 20; `annualization` N: bars a year, 1 ... 1000000, default 252 |
/// | Warm-up | `period + 1` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 5 `period` numbers of memory |
/// | Undefined | a price of 0 or less is refused; a mean below 0, which bars with a close outside their range can give: 0 |
///
/// Source: M. Parkinson 1980, M. Garman and M. Klass 1980, L. Rogers and S. Satchell 1991, D. Yang and Q. Zhang 2000.
/// Checked against: an independent computation from the formula with numpy and pandas, relative tolerance 1e-9.
public struct HistoricalVolatility: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "historical_volatility", "Volatility of log returns by five estimators, for a year.", unit: "fraction a year",
        [
            .word("estimator", default: Estimator.closeToClose, "How it is estimated from the four prices."),
            .period(from: 2, default: 20, "Bars of the estimate."),
            .number("annualization", 1...1_000_000, default: 252, "Bars a year; 1 gives the volatility of a bar."),
        ])

    var state: IndicatorState<Core>

    enum Estimator: String, Sendable, CaseIterable {
        case closeToClose = "close_to_close"
        case parkinson
        case garmanKlass = "garman_klass"
        case rogersSatchell = "rogers_satchell"
        case yangZhang = "yang_zhang"
    }

    struct Core: BarCore {
        let estimator: Estimator
        let annualization: Double
        var changes: RollingMoments
        var gaps: RollingMoments
        var terms: RollingSum
        var previous = Double.nan

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            estimator = try options.word("estimator")
            annualization = try options.number("annualization")
            changes = RollingMoments(period: try options.period(from: 2), in: &layout)
            gaps = RollingMoments(period: changes.period, in: &layout)
            terms = RollingSum(period: changes.period, in: &layout)
        }

        var warmUpLength: Int { terms.period + 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange, bar.open.isUsable, min(bar.low, bar.high, bar.open, bar.close) > 0 else {
                return false
            }
            let bar = (
                open: bar.open.logarithm, high: bar.high.logarithm, low: bar.low.logarithm, close: bar.close.logarithm
            )
            let before = previous
            previous = bar.close
            row[0] = .nan
            guard !before.isNaN else { return true }
            let body = bar.close - bar.open
            let count = Double(terms.period)
            let term =
                terms.push(term(bar.high - bar.low, body, (bar.high - bar.open, bar.low - bar.open)), &memory) / count
            let change =
                changes.push(estimator == .closeToClose ? bar.close - before : body, &memory).squares / (count - 1)
            let gap = gaps.push(bar.open - before, &memory).squares / (count - 1)
            let weight = 0.34 / (1.34 + (count + 1) / (count - 1))
            let variance =
                switch estimator {
                case .closeToClose: change
                case .yangZhang: gap + weight * change + (1 - weight) * term
                default: term
                }
            row[0] = variance.isNaN ? .nan : (annualization * max(variance, 0)).squareRoot()
            return true
        }

        /// What a bar adds to the mean; prices as logarithms.
        private func term(_ span: Double, _ body: Double, _ reach: (high: Double, low: Double)) -> Double {
            let doubling = 2.0.logarithm
            return switch estimator {
            case .closeToClose: 0
            case .parkinson: span * span / (4 * doubling)
            case .garmanKlass: span * span / 2 - (2 * doubling - 1) * body * body
            case .rogersSatchell, .yangZhang: (reach.high - body) * reach.high + (reach.low - body) * reach.low
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try changes.code(&state)
            try gaps.code(&state)
            try terms.code(&state)
            try state.numberOrNone(&previous)
        }
    }
}
