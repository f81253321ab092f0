import PluginKit
import RollingStatistics

/// Variance of the last numbers, with the options `period` and `sample`.
struct VarianceKernel: OptionKernel {
    var window: RollingMoments
    /// What a sum of squares is multiplied by.
    let share: Double

    init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
        let period = try options.period(from: 2)
        window = RollingMoments(period: period, in: &layout)
        share = 1 / Double(try options.boolean("sample") ? period - 1 : period)
    }

    var warmUpLength: Int { window.period }

    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        window.push(value, &memory).squares * share
    }

    mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
        withColumn { means in
            withColumn { squares in
                window.run(input, &memory, means: means, squares: squares)
                let share = share
                for index in output.indices { output[index] = squares[index] * share }
            }
        }
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) { try window.code(&state) }
}
