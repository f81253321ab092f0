import PluginKit
import RollingStatistics

/// What the windows of Alpha158 take of a bar.
struct Alpha158Input: Sendable {
    let close: Double
    let high: Double
    let low: Double
    let volume: Double
    /// Changes from the bar before; NaN at the first bar.
    let change: Double
    let volumeChange: Double
    /// Close over the one before, and the logarithm of the volume over the one before, plus 1.
    let ratio: Double
    let volumeRatio: Double
}

/// The 29 features of Alpha158 over one window.
struct Alpha158Window: Sendable {
    /// Their names, in order; the length follows.
    static let names = [
        "roc", "ma", "std", "beta", "rsqr", "resi", "max", "min", "qtlu", "qtld", "rank", "rsv", "imax", "imin", "imxd",
        "corr",
        "cord", "cntp", "cntn", "cntd", "sump", "sumn", "sumd", "vma", "vstd", "wvma", "vsump", "vsumn", "vsumd",
    ]
    /// Keeps a quotient finite, as in Qlib.
    private static let least = 1e-12

    let length: Int
    private var before: Ring
    private var line: RegressionKernel
    private var highest: RollingExtreme
    private var lowest: RollingExtreme
    private var order: OrderedWindow
    private var levels: PairMoments
    private var moves: PairMoments
    private var rising: RollingSum
    private var falling: RollingSum
    private var rises: RollingSum
    private var falls: RollingSum
    private var volumes: RollingMoments
    private var flows: RollingMoments
    private var volumeRises: RollingSum
    private var volumeFalls: RollingSum

    init(_ length: Int, in layout: inout WindowLayout) {
        self.length = length
        before = Ring(period: length, in: &layout)
        line = RegressionKernel(period: length, in: &layout)
        highest = RollingExtreme(.highest, period: length, keeps: .oldest, in: &layout)
        lowest = RollingExtreme(.lowest, period: length, keeps: .oldest, in: &layout)
        order = OrderedWindow(period: length, in: &layout)
        levels = PairMoments(period: length, in: &layout)
        moves = PairMoments(period: length, in: &layout)
        rising = RollingSum(period: length, in: &layout)
        falling = RollingSum(period: length, in: &layout)
        rises = RollingSum(period: length, in: &layout)
        falls = RollingSum(period: length, in: &layout)
        volumes = RollingMoments(period: length, in: &layout)
        flows = RollingMoments(period: length, in: &layout)
        volumeRises = RollingSum(period: length, in: &layout)
        volumeFalls = RollingSum(period: length, in: &layout)
    }

    /// Takes a bar and writes the features from a column on; NaN until the window is full.
    mutating func push(
        _ bar: Alpha158Input, _ memory: inout MutableSpan<Double>, into row: OutputRow, at column: Int
    ) {
        level(bar, &memory, row, column)
        range(bar, &memory, row, column)
        volume(bar, &memory, row, column)
        guard !bar.change.isNaN else { return }
        movement(bar, &memory, row, column)
    }

    /// Mean, deviation and line of the close.
    private mutating func level(
        _ bar: Alpha158Input, _ memory: inout MutableSpan<Double>, _ row: OutputRow, _ column: Int
    ) {
        row[column] = (before.push(bar.close, &memory) / bar.close).orUndefined
        let fit = line.push(bar.close, &memory)
        row[column + 1] = (fit.mean / bar.close).orUndefined
        row[column + 2] = (deviation(fit.squares) / bar.close).orUndefined
        row[column + 3] = (fit.slope / bar.close).orUndefined
        row[column + 4] = fit.isReady ? fit.explained : .nan
        row[column + 5] = ((bar.close - fit.end) / bar.close).orUndefined
    }

    /// Extremes, quantiles, rank, and how long ago the extremes were.
    private mutating func range(
        _ bar: Alpha158Input, _ memory: inout MutableSpan<Double>, _ row: OutputRow, _ column: Int
    ) {
        let top = highest.push(bar.high, &memory)
        let bottom = lowest.push(bar.low, &memory)
        row[column + 6] = (top.value / bar.close).orUndefined
        row[column + 7] = (bottom.value / bar.close).orUndefined
        order.push(bar.close, &memory)
        guard order.isFull else { return }
        let count = Double(length)
        row[column + 8] = (order.quantile(0.8, memory) / bar.close).orUndefined
        row[column + 9] = (order.quantile(0.2, memory) / bar.close).orUndefined
        row[column + 10] = order.rank(bar.close, memory)
        row[column + 11] = ((bar.close - bottom.value) / (top.value - bottom.value + Self.least)).orUndefined
        row[column + 12] = (count - top.age) / count
        row[column + 13] = (count - bottom.age) / count
        row[column + 14] = (bottom.age - top.age) / count
    }

    private mutating func volume(
        _ bar: Alpha158Input, _ memory: inout MutableSpan<Double>, _ row: OutputRow, _ column: Int
    ) {
        let moments = volumes.push(bar.volume, &memory)
        row[column + 23] = (moments.mean / (bar.volume + Self.least)).orUndefined
        row[column + 24] = (deviation(moments.squares) / (bar.volume + Self.least)).orUndefined
        row[column + 15] = levels.push(bar.close, (bar.volume + 1).logarithm, &memory).correlation
    }

    /// What is made of changes from bar to bar.
    private mutating func movement(
        _ bar: Alpha158Input, _ memory: inout MutableSpan<Double>, _ row: OutputRow, _ column: Int
    ) {
        row[column + 16] = moves.push(bar.ratio, bar.volumeRatio, &memory).correlation
        let up = rising.push(bar.change > 0 ? 1 : 0, &memory) / Double(length)
        let down = falling.push(bar.change < 0 ? 1 : 0, &memory) / Double(length)
        row[column + 17] = up
        row[column + 18] = down
        row[column + 19] = up - down
        let price = (rises.push(max(bar.change, 0), &memory), falls.push(max(-bar.change, 0), &memory))
        share(price, row, column + 20)
        let flow = flows.push(((bar.ratio - 1).magnitude * bar.volume).orZero, &memory)
        row[column + 25] = (deviation(flow.squares) / (flow.mean + Self.least)).orUndefined
        let traded = (
            volumeRises.push(max(bar.volumeChange, 0), &memory), volumeFalls.push(max(-bar.volumeChange, 0), &memory)
        )
        share(traded, row, column + 26)
    }

    private func deviation(_ squares: Double) -> Double { (squares / Double(length - 1)).squareRoot() }

    /// Share of rises, share of falls, and their difference.
    private func share(_ sums: (rise: Double, fall: Double), _ row: OutputRow, _ column: Int) {
        let total = sums.rise + sums.fall + Self.least
        row[column] = sums.rise / total
        row[column + 1] = sums.fall / total
        row[column + 2] = (sums.rise - sums.fall) / total
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try before.code(&state)
        try line.code(&state)
        try highest.code(&state)
        try lowest.code(&state)
        try order.code(&state)
        try levels.code(&state)
        try moves.code(&state)
        try rising.code(&state)
        try falling.code(&state)
        try rises.code(&state)
        try falls.code(&state)
        try volumes.code(&state)
        try flows.code(&state)
        try volumeRises.code(&state)
        try volumeFalls.code(&state)
    }
}
