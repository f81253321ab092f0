import PluginKit
import RollingStatistics

/// A fast and a slow average of one series.
struct AveragePair: Sendable {
    var fast: MovingAverage
    var slow: MovingAverage
    /// Numbers that the slow average lets pass, the fast one where it is negative, so that both have their first value at
    /// the same number; 0 where they need not.
    private let wait: Int
    private var seen = 0

    /// The options of a pair with one kind.
    static let options: [ConfigurationOption] = [
        .period("fast_period", default: 12, "Bars of the fast average."),
        .period("slow_period", default: 26, "Bars of the slow average."),
        .average(default: .ema, "Kind of both averages."),
    ]

    /// Creates a pair that has seen no number.
    init(fast: MovingAverage, slow: MovingAverage, isAligned: Bool = false) {
        self.fast = fast
        self.slow = slow
        wait = isAligned ? fast.warmUpLength - slow.warmUpLength : 0
    }

    /// Reads `options`.
    init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
        self.init(
            fast: try MovingAverage(options, period: "fast_period", &layout),
            slow: try MovingAverage(options, period: "slow_period", &layout))
    }

    var warmUpLength: Int { max(fast.warmUpLength, slow.warmUpLength) }

    /// Takes numbers in a row; writes both averages of each, in one loop where both are exponential. `fast` may be `input`.
    mutating func run(
        _ input: NumberColumn, _ memory: inout MutableSpan<Double>, fast: NumberColumn, slow: NumberColumn
    ) {
        let slow = slow.part(input.indices)
        guard seen == wait.magnitude else {
            for index in input.indices { (fast[index], slow[index]) = push(input[index], &memory) }
            return
        }
        guard var (quick, late) = startedLines else {
            self.slow.run(input, &memory, into: slow)
            return self.fast.run(input, &memory, into: fast)
        }
        for index in input.indices { (fast[index], slow[index]) = (quick.next(input[index]), late.next(input[index])) }
        startedLines = (quick, late)
    }

    /// Both averages where they are exponential and have started.
    var startedLines: (fast: ExponentialAverage, slow: ExponentialAverage)? {
        get {
            guard let quick = fast.startedLine, let late = slow.startedLine else { return nil }
            return (quick, late)
        }
        set { (fast.startedLine, slow.startedLine) = (newValue?.fast, newValue?.slow) }
    }

    /// Takes a number; returns both averages, NaN until both have a value.
    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> (fast: Double, slow: Double) {
        let quick = seen < -wait ? .nan : fast.push(value, &memory)
        let late = seen < wait ? .nan : slow.push(value, &memory)
        if seen < wait.magnitude { seen += 1 }
        return (quick, late)
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try fast.code(&state)
        try slow.code(&state)
        try state.count(&seen, in: 0...Int((fast.warmUpLength - slow.warmUpLength).magnitude))
    }
}
