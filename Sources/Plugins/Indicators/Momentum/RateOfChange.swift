public import PluginKit
import RollingStatistics

/// Rate of change: a value in relation to the one some bars ago.
///
/// ## Formula
/// ```
/// r = x_t / x_(t-n)       percent: 100 * (r - 1)       fraction: r - 1       ratio: r       ratio_percent: 100 * r       log: ln(r)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | percent or no unit, as `form` says |
/// | Parameters | `period`: 1 ... 100000, default 10; `form`: `percent` (ROC), `fraction` (ROCP), `ratio` (ROCR), `ratio_percent` (ROCR100), `log`; `source` |
/// | Warm-up | `period + 1` bars; what is older has no weight |
/// | Cost | O(1) time a bar; `period` numbers of memory |
/// | Undefined | `x_(t-n) = 0`: 0, as TA-Lib; with `log` also where one of both is below 0 |
///
/// Checked against: TA-Lib 0.8.1 (`ROC`, `ROCP`, `ROCR`, `ROCR100`) and for `log` numpy, relative tolerance 1e-9.
public struct RateOfChange: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "rate_of_change", "A value in relation to the one some bars ago.",
        [
            .period(default: 10, "Bars the change is taken over."),
            .word("form", default: Form.percent, "How the relation is written."), .source(),
        ])

    var state: IndicatorState<SourceCore<Kernel>>

    enum Form: String, CaseIterable {
        case percent, fraction, ratio, log
        case ratioPercent = "ratio_percent"

        @inline(__always)
        func relation(of value: Double, to before: Double) -> Double {
            switch self {
            case .percent: return (100 * (value - before)).over(before)
            case .fraction: return (value - before).over(before)
            case .ratio: return value.over(before)
            case .ratioPercent: return (100 * value).over(before)
            case .log:
                guard !before.isNaN else { return .nan }
                return value > 0 && before > 0 ? value.logarithm - before.logarithm : 0
            }
        }

        @inline(__always)
        func relate(_ values: NumberColumn, to before: NumberColumn, into output: NumberColumn) {
            for index in values.indices { output[index] = relation(of: values[index], to: before[index]) }
        }
    }

    struct Kernel: OptionKernel {
        var lag: Lag
        let form: Form

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            lag = Lag(try options.period(), in: &layout)
            form = try options.word("form")
        }

        var warmUpLength: Int { lag.warmUpLength }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            form.relation(of: value, to: lag.push(value, &memory))
        }

        mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
            withColumn { before in
                lag.run(input, &memory, into: before)
                // One loop for each form, so that none asks for it at each number.
                switch form {
                case .percent: Form.percent.relate(input, to: before, into: output)
                case .fraction: Form.fraction.relate(input, to: before, into: output)
                case .ratio: Form.ratio.relate(input, to: before, into: output)
                case .ratioPercent: Form.ratioPercent.relate(input, to: before, into: output)
                case .log: Form.log.relate(input, to: before, into: output)
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try lag.code(&state) }
    }
}
