public import PluginKit
import RollingStatistics

/// Chande momentum oscillator: rises less falls, over their sum.
///
/// ## Formula
/// ```
/// CMO_t = 100 * (U_t - D_t) / (U_t + D_t)        U, D: rises and falls, averaged as rsi does, or summed over n changes
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | -100 ... 100, no unit |
/// | Parameters | `period`: 2 ... 100000, default 14; `smoothing`: `wilder` (TA-Lib), `sum` (Chande), default `wilder`; `source` |
/// | Warm-up | `period + 1` bars; recursive with `wilder`, as `rsi` |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | no movement: 0, as TA-Lib |
///
/// Source: T. Chande, *The New Technical Trader*, 1994. Checked against: TA-Lib 0.8.1 (`CMO`, `CMOU`), relative
/// tolerance 1e-9.
public struct CMO: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "cmo", "Chande momentum oscillator: rises less falls over their sum.", unit: "-100...100",
        [
            .period(from: 2, default: 14, "Changes that rises and falls are taken over."),
            .word("smoothing", default: Smoothing.wilder, "How changes are added up: Wilder's average or a sum."),
            .source(),
        ])

    var state: IndicatorState<SourceCore<Kernel>>

    enum Smoothing: String, CaseIterable {
        case wilder, sum
    }

    struct Kernel: OptionKernel {
        var strength: StrengthKernel
        var rises: RollingSum
        var falls: RollingSum
        let isSum: Bool

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            let period = try options.period(from: 2)
            strength = StrengthKernel(period: period, in: &layout)
            rises = RollingSum(period: period, in: &layout)
            falls = RollingSum(period: period, in: &layout)
            isSum = try options.word("smoothing") == Smoothing.sum
        }

        var warmUpLength: Int { strength.warmUpLength }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            var (rise, fall) = (0.0, 0.0)
            if isSum {
                let change = strength.change.push(value)
                guard !change.isNaN else { return .nan }
                rise = rises.push(max(change, 0), &memory)
                fall = falls.push(max(-change, 0), &memory)
            } else {
                (rise, fall) = strength.averages(value)
            }
            return 100 * (rise - fall).over(rise + fall)
        }

        mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
            guard !isSum else {
                for index in input.indices { output[index] = push(input[index], &memory) }
                return
            }
            withColumn { falls in
                strength.run(input, rises: output, falls: falls)
                for index in output.indices {
                    output[index] = 100 * (output[index] - falls[index]).over(output[index] + falls[index])
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try strength.code(&state)
            try rises.code(&state)
            try falls.code(&state)
        }
    }
}
