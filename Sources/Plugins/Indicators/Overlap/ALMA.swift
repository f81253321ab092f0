public import PluginKit
import RollingStatistics

/// Arnaud Legoux moving average: weights are a bell curve whose top lies near the newest value.
///
/// ## Formula
/// ```
/// m = offset * (n - 1)        s = n / sigma         w_i = exp(-(i - m)^2 / (2 * s^2))     i = 0 (oldest) ... n - 1
/// ALMA_t = sum(w_i * x_(t-n+1+i)) / sum(w_i)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 1 ... 10000, default 9; `offset`: 0 ... 1, default 0.85; `sigma`: 0.1 ... 100, default 6; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(`period`) time a bar: the weights have no recursion; 2 `period` numbers of memory |
/// | Undefined | never |
///
/// Source: A. Legoux and D. Kouzis-Loukas, 2009. Checked against: an independent computation from the formula with
/// numpy, relative tolerance 1e-9.
public struct ALMA: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "alma", "Arnaud Legoux average: weights are a bell curve near the newest value.", unit: "unit of the source",
        [
            .integer("period", 1...10_000, default: 9, unit: "bars", "Bars of the window."),
            .number(
                "offset", 0...1, default: 0.85, "Where the top of the curve is: 0 at the oldest value, 1 at the newest."
            ),
            .number("sigma", 0.1...100, default: 6, "The curve's deviation is period over it."), .source(),
        ])

    var state: IndicatorState<SourceCore<Kernel>>

    struct Kernel: OptionKernel {
        var ring: Ring
        let weights: [Double]

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            let period = try options.period()
            ring = Ring(period: period, in: &layout)
            let middle = try options.number("offset") * Double(period - 1)
            let deviation = Double(period) / (try options.number("sigma"))
            let bell = (0..<period).map { (index: Int) -> Double in
                let distance = (Double(index) - middle) / deviation
                return (-distance * distance / 2).exponential
            }
            let total = bell.reduce(0, +)
            weights = bell.map { $0 / total }
        }

        var warmUpLength: Int { ring.period }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            _ = ring.push(value, &memory)
            guard ring.isFull else { return .nan }
            var sum = 0.0
            for index in weights.indices { sum += weights[index] * ring.value(index, memory) }
            return sum
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try ring.code(&state) }
    }
}
