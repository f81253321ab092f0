public import PluginKit
import RollingStatistics

/// Pearson's correlation of two fields of the last bars.
///
/// ## Formula
/// ```
/// r_t = sum((x - mean(x)) * (y - mean(y))) / sqrt(sum((x - mean(x))^2) * sum((y - mean(y))^2))        over the last n bars
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` and `other` of a bar, `high` and `low` by default |
/// | Output | -1 ... 1, no unit |
/// | Parameters | `period`: 2 ... 100000, default 30; `source`, `other` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 5 `period` numbers of memory |
/// | Undefined | a field that does not change: 0, as TA-Lib; values above about 1e149 are refused |
///
/// Checked against: TA-Lib 0.8.1 (`CORREL`), relative tolerance 1e-9; more exact than the reference, which loses digits
/// in squares.
public struct Correlation: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "correlation", "Pearson's correlation of two fields of the last bars.", unit: "-1...1",
        [
            .period(from: 2, default: 30, "Bars that are looked at."),
            .source(default: .high),
            .source("other", default: .low, "Number of the bar that it is compared with."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var window: PairMoments
        let source: BarField
        let other: BarField

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            window = PairMoments(period: try options.period(from: 2), in: &layout)
            source = try BarField(options)
            other = try BarField(options, "other")
        }

        var warmUpLength: Int { window.period }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let (x, y) = (source.value(of: bar), other.value(of: bar))
            guard x.isSquarable, y.isSquarable else { return false }
            row[0] = window.push(x, y, &memory).correlation
            return true
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withThreeColumns { x, y, output in
                    guard source.copy(block, to: x, within: .squarable), other.copy(block, to: y, within: .squarable)
                    else { return stepThrough(block, &memory, into: rows, from: block.start) }
                    let output = output.part(0..<block.count)
                    window.run(x, y, &memory, into: output) { $0.correlation }
                    rows.write(output, to: 0, from: block.start)
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try window.code(&state) }
    }
}
