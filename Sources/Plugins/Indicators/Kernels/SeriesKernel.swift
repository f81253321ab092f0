import PluginKit
import RollingStatistics

/// One number in, one number out: averages, changes and statistics of a series.
///
/// Takes usable numbers only. Gives NaN until `warmUpLength` numbers came and a number from then on, unless its
/// indicator's comment says where it has none.
protocol SeriesKernel: Sendable {
    /// How many numbers it needs before the first value.
    var warmUpLength: Int { get }

    /// Takes a number and gives the value at it.
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double

    /// Whether `next` may be called.
    var isWarm: Bool { get }

    /// What `push` does once the kernel is warm; the default is `push`.
    mutating func next(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double

    /// Takes numbers in a row and writes the value at each, possibly in place; both columns are as long. The default pushes one after the other; what computes whole
    /// columns gives the same bits.
    mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn)

    /// Codes everything but the lent memory.
    mutating func code(_ state: inout StateCoder) throws(PluginError)
}

extension SeriesKernel {
    var isWarm: Bool { true }

    @inline(__always)
    mutating func next(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double { push(value, &memory) }

    @inline(__always)
    mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
        var kernel = self
        var index = 0
        while index < input.count, !kernel.isWarm {
            output[index] = kernel.push(input[index], &memory)
            index += 1
        }
        while index < input.count {
            output[index] = kernel.next(input[index], &memory)
            index += 1
        }
        self = kernel
    }

    /// Takes the numbers that another kernel wrote, in place: those that are NaN, all at the beginning, stay as they are.
    @inline(__always)
    mutating func run(over column: NumberColumn, _ memory: inout MutableSpan<Double>) {
        let first = column.firstIndex { !$0.isNaN } ?? column.count
        let rest = column.part(first..<column.count)
        run(rest, &memory, into: rest)
    }
}

/// A kernel whose one option is how many numbers it runs over.
protocol PeriodKernel: SeriesKernel {
    /// The least it can run over.
    static var leastPeriod: Int { get }

    /// Creates a kernel that has seen no number.
    init(period: Int, in layout: inout WindowLayout)
}

extension PeriodKernel {
    static var leastPeriod: Int { 1 }
}

/// A kernel that reads options of its own.
protocol OptionKernel: SeriesKernel {
    /// Creates a kernel that has seen no number.
    init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError)
}

/// A kernel over the field that the option `source` names.
struct SourceCore<Kernel: OptionKernel>: BarCore {
    var kernel: Kernel
    let source: BarField

    init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
        kernel = try Kernel(options, &layout)
        source = try BarField(options)
    }

    var warmUpLength: Int { kernel.warmUpLength }

    static var shortRun: Int { 0 }

    @inline(__always)
    mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
        let value = source.value(of: bar)
        guard value.isUsable else { return false }
        row[0] = kernel.push(value, &memory)
        return true
    }

    mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
        bars.forEachBlock { block in
            withColumn { column in
                guard source.copy(block, to: column) else {
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

/// A kernel that is another one, made from options.
protocol WrappedKernel: OptionKernel {
    associatedtype Kernel: SeriesKernel
    var kernel: Kernel { get set }
}

extension WrappedKernel {
    var warmUpLength: Int { kernel.warmUpLength }

    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double { kernel.push(value, &memory) }

    @inline(__always)
    mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
        kernel.run(input, &memory, into: output)
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) { try kernel.code(&state) }
}

/// A kernel made with the option `period`.
struct ByPeriod<Kernel: PeriodKernel>: WrappedKernel {
    var kernel: Kernel

    init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
        kernel = Kernel(period: try options.period(from: Kernel.leastPeriod), in: &layout)
    }
}

/// The core of an indicator whose options are `period` and `source`.
typealias PeriodCore<Kernel: PeriodKernel> = SourceCore<ByPeriod<Kernel>>

/// One kernel over the values of another.
struct Cascade<First: SeriesKernel, Second: SeriesKernel>: SeriesKernel {
    var first: First
    var second: Second

    var warmUpLength: Int { first.warmUpLength + second.warmUpLength - 1 }

    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        let inner = first.push(value, &memory)
        return inner.isNaN ? .nan : second.push(inner, &memory)
    }

    @inline(__always)
    mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
        first.run(input, &memory, into: output)
        second.run(over: output, &memory)
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try first.code(&state)
        try second.code(&state)
    }
}
