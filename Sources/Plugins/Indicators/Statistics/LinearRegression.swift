public import PluginKit
import RollingStatistics

/// A straight line through the last values by least squares: its end, slope, beginning, angle and next value, and how
/// well it fits.
///
/// ## Formula
/// ```
/// x_i = a + b * i        i = 0 ... n - 1 over the last n values, least squares
/// value = a + b * (n - 1)        slope = b        intercept = a        forecast = a + b * n        angle = atan(b) in degrees
/// r2 = (sum((i - mean(i)) * (x - mean(x))))^2 / (sum((i - mean(i))^2) * sum((x - mean(x))^2))        residual = x_t - value_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source; `slope`: unit a bar; `angle`: degrees; `r2`: 0 ... 1 |
/// | Parameters | `period`: 2 ... 100000, default 14; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 3 `period` numbers of memory |
/// | Undefined | equal values: `r2` is 0 |
///
/// Checked against: TA-Lib 0.8.1 (`LINEARREG`, `LINEARREG_SLOPE`, `LINEARREG_INTERCEPT`, `LINEARREG_ANGLE`, `TSF`) and
/// for `r2` and `residual` numpy, relative tolerance 1e-9.
public struct LinearRegression: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "linear_regression", "A straight line through the last values by least squares.",
        [
            .period(from: 2, default: 14, "Values of the line."),
            .source(),
        ],
        outputs: [
            OutputColumn("value", unit: "unit of the source", "The line at this bar."),
            OutputColumn("slope", unit: "unit of the source a bar", "Its rise from bar to bar."),
            OutputColumn("intercept", unit: "unit of the source", "The line at the oldest bar of the window."),
            OutputColumn("forecast", unit: "unit of the source", "The line one bar ahead (TSF)."),
            OutputColumn("angle", unit: "degrees", "Arc tangent of the slope."),
            OutputColumn("r2", unit: "0...1", "Share of the variance that the line explains."),
            OutputColumn("residual", unit: "unit of the source", "The value less the line at this bar."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var line: RegressionKernel
        let source: BarField

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            line = RegressionKernel(period: try options.period(from: 2), in: &layout)
            source = try BarField(options)
        }

        var warmUpLength: Int { line.period }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let value = source.value(of: bar)
            guard value.isUsable else { return false }
            write(line.push(value, &memory), of: value, into: row)
            return true
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withColumn { numbers in
                    guard source.copy(block, to: numbers) else {
                        return stepThrough(block, &memory, into: rows, from: block.start)
                    }
                    let numbers = numbers.part(0..<block.count)
                    var line = line
                    line.run(numbers, &memory) { write($1, of: numbers[$0], into: rows[block.start &+ $0]) }
                    self.line = line
                }
            }
        }

        @inline(__always)
        private func write(_ fit: RegressionKernel.Fit, of value: Double, into row: OutputRow) {
            guard fit.isReady else { return row.clear() }
            row[0] = fit.end
            row[1] = fit.slope
            row[2] = fit.intercept
            row[3] = fit.forecast
            row[4] = fit.slope.arcTangent.inDegrees
            row[5] = fit.explained
            row[6] = value - fit.end
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try line.code(&state) }
    }
}
