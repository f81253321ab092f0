import PluginKit
import RollingStatistics

/// A kernel over one number that is made of each bar.
protocol NumberCore: BarCore {
    associatedtype Kernel: SeriesKernel
    var kernel: Kernel { get set }

    /// The number of a bar; not usable where the bar is refused.
    func number(of bar: Bar) -> Double
}

extension NumberCore {
    var warmUpLength: Int { kernel.warmUpLength }

    static var shortRun: Int { 0 }

    @inline(__always)
    mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
        let value = number(of: bar)
        guard value.isUsable else { return false }
        row[0] = kernel.push(value, &memory)
        return true
    }

    mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
        bars.forEachBlock { block in
            withColumn { column in
                guard block.copy(to: column, { number(of: $0) }) else {
                    return stepThrough(block, &memory, into: rows, from: block.start)
                }
                let numbers = column.part(0..<block.count)
                kernel.run(numbers, &memory, into: numbers)
                rows.write(numbers, to: 0, from: block.start)
            }
        }
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) { try kernel.code(&state) }
}
