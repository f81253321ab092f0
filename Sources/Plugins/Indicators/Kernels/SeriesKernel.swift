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

    /// Codes everything but the lent memory.
    mutating func code(_ state: inout StateCoder) throws(PluginError)
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

    @inline(__always)
    mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
        let value = source.value(of: bar)
        guard value.isUsable else { return false }
        row[0] = kernel.push(value, &memory)
        return true
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) { try kernel.code(&state) }
}

/// A kernel made with the option `period`.
struct ByPeriod<Kernel: PeriodKernel>: OptionKernel {
    var kernel: Kernel

    init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
        kernel = Kernel(period: try options.period(from: Kernel.leastPeriod), in: &layout)
    }

    var warmUpLength: Int { kernel.warmUpLength }

    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double { kernel.push(value, &memory) }

    mutating func code(_ state: inout StateCoder) throws(PluginError) { try kernel.code(&state) }
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

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try first.code(&state)
        try second.code(&state)
    }
}
