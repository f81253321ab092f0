public import PluginKit
import RollingStatistics

/// Forecast oscillator: how far a value is from what a line through those before it foretold.
///
/// ## Formula
/// ```
/// FOSC_t = 100 * (x_t - F_(t-1)) / x_t        F_(t-1): the line through the n values up to t - 1, at t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | percent |
/// | Parameters | `period`: 2 ... 100000, default 5; `source` |
/// | Warm-up | `period + 1` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 3 `period` numbers of memory |
/// | Undefined | `x = 0`: 0, as TA-Lib |
///
/// Source: T. Chande, *Technical Analysis of Stocks & Commodities*, 1992. Checked against: TA-Lib 0.8.1 (`FOSC`),
/// relative tolerance 1e-9.
public struct ForecastOscillator: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "forecast_oscillator", "Distance from what the last bars' line foretold, in percent.", unit: "percent",
        [
            .period(from: 2, default: 5, "Bars of the line."),
            .source(),
        ])

    var state: IndicatorState<PeriodCore<Kernel>>

    struct Kernel: PeriodKernel {
        static let leastPeriod = 2

        var line: RegressionKernel
        var forecast = Double.nan

        init(period: Int, in layout: inout WindowLayout) {
            line = RegressionKernel(period: period, in: &layout)
        }

        var warmUpLength: Int { line.period + 1 }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            let foretold = forecast
            let fit = line.push(value, &memory)
            forecast = fit.isReady ? fit.forecast : .nan
            return foretold.isNaN ? .nan : (100 * (value - foretold)).over(value)
        }

        mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
            var foretold = forecast
            line.run(input, &memory) { index, fit in
                let value = input[index]
                output[index] = foretold.isNaN ? .nan : (100 * (value - foretold)).over(value)
                foretold = fit.isReady ? fit.forecast : .nan
            }
            forecast = foretold
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try line.code(&state)
            try state.numberOrNone(&forecast)
        }
    }
}
