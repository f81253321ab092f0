import PluginKit
import RollingStatistics

/// The kinds of moving average that an option can name.
enum AverageKind: String, Sendable, CaseIterable {
    case sma, ema, wma, dema, tema, trima, kama, t3, hma, zlema, rma
}

/// A moving average whose kind is an option.
enum MovingAverage: SeriesKernel {
    case sma(SimpleAverage), ema(ExponentialAverage), wma(RollingWeightedMean), dema(DoubleAverage)
    case tema(TripleAverage), trima(TriangularAverage), kama(AdaptiveAverage), t3(TillsonAverage), hma(HullAverage)
    case zlema(ZeroLagAverage), rma(WilderAverage)

    /// Creates an average; one over a single number is that number, whatever the kind.
    init(_ kind: AverageKind, period: Int, in layout: inout WindowLayout) {
        switch period == 1 ? .sma : kind {
        case .sma: self = .sma(SimpleAverage(period: period, in: &layout))
        case .ema: self = .ema(ExponentialAverage(period: period))
        case .wma: self = .wma(RollingWeightedMean(period: period, in: &layout))
        case .dema: self = .dema(DoubleAverage(period: period, in: &layout))
        case .tema: self = .tema(TripleAverage(period: period, in: &layout))
        case .trima: self = .trima(TriangularAverage(period: period, in: &layout))
        case .kama: self = .kama(AdaptiveAverage(period: period, in: &layout))
        case .t3: self = .t3(TillsonAverage(period: period, in: &layout))
        case .hma: self = .hma(HullAverage(period: period, in: &layout))
        case .zlema: self = .zlema(ZeroLagAverage(period: period, in: &layout))
        case .rma: self = .rma(WilderAverage(period: period, in: &layout))
        }
    }

    /// Reads the options that name kind and period.
    init(
        _ options: Configuration, kind: String = "average", period: String = "period",
        _ layout: inout WindowLayout
    ) throws(PluginError) {
        self.init(try options.word(kind), period: try options.period(period), in: &layout)
    }

    var warmUpLength: Int { kernel.warmUpLength }

    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        switch self {
        case .sma(var kernel):
            defer { self = .sma(kernel) }
            return kernel.push(value, &memory)
        case .ema(var kernel):
            defer { self = .ema(kernel) }
            return kernel.push(value)
        case .wma(var kernel):
            defer { self = .wma(kernel) }
            return kernel.push(value, &memory)
        case .dema(var kernel):
            defer { self = .dema(kernel) }
            return kernel.push(value, &memory)
        case .tema(var kernel):
            defer { self = .tema(kernel) }
            return kernel.push(value, &memory)
        case .trima(var kernel):
            defer { self = .trima(kernel) }
            return kernel.push(value, &memory)
        case .kama(var kernel):
            defer { self = .kama(kernel) }
            return kernel.push(value, &memory)
        case .t3(var kernel):
            defer { self = .t3(kernel) }
            return kernel.push(value, &memory)
        case .hma(var kernel):
            defer { self = .hma(kernel) }
            return kernel.push(value, &memory)
        case .zlema(var kernel):
            defer { self = .zlema(kernel) }
            return kernel.push(value, &memory)
        case .rma(var kernel):
            defer { self = .rma(kernel) }
            return kernel.push(value, &memory)
        }
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        var copy = kernel
        try copy.code(&state)
        replace(with: copy)
    }

    private var kernel: any SeriesKernel {
        switch self {
        case .sma(let kernel): kernel
        case .ema(let kernel): kernel
        case .wma(let kernel): kernel
        case .dema(let kernel): kernel
        case .tema(let kernel): kernel
        case .trima(let kernel): kernel
        case .kama(let kernel): kernel
        case .t3(let kernel): kernel
        case .hma(let kernel): kernel
        case .zlema(let kernel): kernel
        case .rma(let kernel): kernel
        }
    }

    private mutating func replace(with kernel: any SeriesKernel) {
        switch kernel {
        case let kernel as SimpleAverage: self = .sma(kernel)
        case let kernel as ExponentialAverage: self = .ema(kernel)
        case let kernel as RollingWeightedMean: self = .wma(kernel)
        case let kernel as DoubleAverage: self = .dema(kernel)
        case let kernel as TripleAverage: self = .tema(kernel)
        case let kernel as TriangularAverage: self = .trima(kernel)
        case let kernel as AdaptiveAverage: self = .kama(kernel)
        case let kernel as TillsonAverage: self = .t3(kernel)
        case let kernel as HullAverage: self = .hma(kernel)
        case let kernel as ZeroLagAverage: self = .zlema(kernel)
        case let kernel as WilderAverage: self = .rma(kernel)
        default: break
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
