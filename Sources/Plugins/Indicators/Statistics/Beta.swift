public import PluginKit
import RollingStatistics

/// Beta of one field's returns on another's: how much the other moves with it.
///
/// ## Formula
/// ```
/// u_t = x_t / x_(t-1) - 1        w_t = y_t / y_(t-1) - 1        x: source, y: other
/// beta_t = cov(u, w) / var(u)        over the last n returns
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` and `other` of a bar, `high` and `low` by default |
/// | Output | no unit |
/// | Parameters | `period`: 2 ... 100000, default 5; `source`, `other` |
/// | Warm-up | `period + 1` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 5 `period` numbers of memory |
/// | Undefined | returns that do not change: 0; a value before that is 0: that return is 0; both as TA-Lib |
///
/// Checked against: TA-Lib 0.8.1 (`BETA`), relative tolerance 1e-9; more exact than the reference, which loses digits
/// in squares.
public struct Beta: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "beta", "How much one field's returns move with another's.", unit: "no unit",
        [
            .period(from: 2, default: 5, "Returns that are looked at."),
            .source(default: .high),
            .source("other", default: .low, "Number of the bar whose movement is explained."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var window: PairMoments
        var first = RelativeChange()
        var second = RelativeChange()
        let source: BarField
        let other: BarField

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            window = PairMoments(period: try options.period(from: 2), in: &layout)
            source = try BarField(options)
            other = try BarField(options, "other")
        }

        var warmUpLength: Int { window.period + 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let (x, y) = (source.value(of: bar), other.value(of: bar))
            guard x.isUsable, y.isUsable else { return false }
            let (u, w) = (first.push(x), second.push(y))
            row[0] = u.isNaN ? .nan : window.push(u.isSquarable ? u : 0, w.isSquarable ? w : 0, &memory).slope
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try window.code(&state)
            try first.code(&state)
            try second.code(&state)
        }
    }
}
