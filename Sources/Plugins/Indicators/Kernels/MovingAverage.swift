import PluginKit
import RollingStatistics

/// The kinds of moving average that an option can name.
enum AverageKind: String, Sendable, CaseIterable {
    case sma, ema, wma, dema, tema, trima, kama, t3, hma, zlema, rma
}

/// A moving average whose kind is an option.
///
/// The two kinds that nearly all ask for lie in it and are called straight; the others behind `any`. Runs ask for the kind
/// once.
struct MovingAverage: SeriesKernel {
    private var mean: SimpleAverage
    private var line: ExponentialAverage
    private var other: (any SeriesKernel)?
    private let shape: Shape

    private enum Shape {
        case mean, line, other
    }

    /// Creates an average; one over a single number is that number, whatever the kind.
    init(_ kind: AverageKind, period: Int, in layout: inout WindowLayout) {
        var unused = WindowLayout()
        mean = SimpleAverage(period: 1, in: &unused)
        line = kind == .rma ? ExponentialAverage(wilder: period) : ExponentialAverage(period: period)
        other = period == 1 ? nil : Self.other(kind, period, &layout)
        shape = period == 1 || kind == .sma ? .mean : other == nil ? .line : .other
        if shape == .mean { mean = SimpleAverage(period: period, in: &layout) }
    }

    /// Creates an exponential average.
    init(_ line: ExponentialAverage) {
        var unused = WindowLayout()
        mean = SimpleAverage(period: 1, in: &unused)
        self.line = line
        shape = .line
    }

    private static func other(
        _ kind: AverageKind, _ period: Int, _ layout: inout WindowLayout
    ) -> (any SeriesKernel)? {
        switch kind {
        case .sma, .ema, .rma: nil
        case .wma: RollingWeightedMean(period: period, in: &layout)
        case .dema: DoubleAverage(period: period, in: &layout)
        case .tema: TripleAverage(period: period, in: &layout)
        case .trima: TriangularAverage(period: period, in: &layout)
        case .kama: AdaptiveAverage(period: period, in: &layout)
        case .t3: TillsonAverage(period: period, in: &layout)
        case .hma: HullAverage(period: period, in: &layout)
        case .zlema: ZeroLagAverage(period: period, in: &layout)
        }
    }

    /// Reads the options that name kind and period.
    init(
        _ options: Configuration, kind: String = "average", period: String = "period",
        _ layout: inout WindowLayout
    ) throws(PluginError) {
        self.init(try options.word(kind), period: try options.period(period), in: &layout)
    }

    var warmUpLength: Int {
        switch shape {
        case .mean: mean.warmUpLength
        case .line: line.warmUpLength
        case .other: other?.warmUpLength ?? 1
        }
    }

    /// The average where it is exponential and has started, for loops over several of them.
    var startedLine: ExponentialAverage? {
        get { shape == .line && line.hasStarted ? line : nil }
        set { if let newValue { line = newValue } }
    }

    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        switch shape {
        case .mean: mean.push(value, &memory)
        case .line: line.push(value)
        case .other: other?.push(value, &memory) ?? .nan
        }
    }

    mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
        switch shape {
        case .mean: mean.run(input, &memory, into: output)
        case .line: line.run(input, &memory, into: output)
        case .other: other?.run(input, &memory, into: output)
        }
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        switch shape {
        case .mean: try mean.code(&state)
        case .line: try line.code(&state)
        case .other: try other?.code(&state)
        }
    }
}

extension ConfigurationOption {
    /// An option that names a kind of moving average.
    static func average(
        _ name: String = "average", default kind: AverageKind, _ summary: String = "Kind of moving average."
    ) -> ConfigurationOption {
        .word(name, default: kind, summary)
    }
}
