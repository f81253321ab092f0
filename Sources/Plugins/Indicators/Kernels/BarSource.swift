public import PluginKit
import RollingStatistics

/// Bars in a row, however they lie in memory: a loop over them is compiled for each of both ways.
protocol BarSource {
    var count: Int { get }
    subscript(_ index: Int) -> Bar { get }
}

// Loops over bars count with `&+`: a check for overflow at each number would keep the compiler from taking several at once.

/// Bars that lie one after the other.
struct BarRun: BarSource {
    let bars: UnsafeBufferPointer<Bar>

    var count: Int { bars.count }

    @inline(__always) subscript(_ index: Int) -> Bar { bars[index] }
}

/// Bars of one instrument as columns: open, high, low, close and volume each in an array of its own.
///
/// A long history in this form is read several times faster, because an indicator touches the columns it needs and no others.
public struct BarColumns: BarSource {
    private let time: UnsafePointer<Int64>
    private let open: UnsafePointer<Double>
    private let high: UnsafePointer<Double>
    private let low: UnsafePointer<Double>
    private let close: UnsafePointer<Double>
    private let volume: UnsafePointer<Double>
    private let amount: UnsafePointer<Double>
    private let instrument: InstrumentID
    /// How many bars there are.
    public let count: Int

    /// Creates columns over memory that holds `count` numbers each while they are used; times in nanoseconds UTC.
    public init(
        time: UnsafePointer<Int64>, open: UnsafePointer<Double>, high: UnsafePointer<Double>,
        low: UnsafePointer<Double>, close: UnsafePointer<Double>, volume: UnsafePointer<Double>,
        amount: UnsafePointer<Double>, instrument: InstrumentID, count: Int
    ) {
        (self.time, self.open, self.high, self.low) = (time, open, high, low)
        (self.close, self.volume, self.amount) = (close, volume, amount)
        self.instrument = instrument
        self.count = count
    }

    /// One bar.
    @inline(__always) subscript(_ index: Int) -> Bar {
        Bar(
            time: time[index], open: open[index], high: high[index], low: low[index], close: close[index],
            volume: volume[index], amount: amount[index], instrument: instrument)
    }
}

/// An indicator that also takes bars as columns; same bits as bar by bar.
public protocol ColumnIndicator: Indicator where Input == Bar {
    /// Takes bars of one instrument; row i belongs to bar i.
    mutating func update(_ bars: BarColumns, into rows: FeatureRows)
}

/// How large a number may be that a kernel takes: see `isUsable` and `isSquarable`.
struct NumberLimit {
    let largest: Double

    static let usable = NumberLimit(largest: 0x1p1000)
    static let squarable = NumberLimit(largest: 0x1p495)
}

/// A stretch of bars that is computed column by column.
struct BarBlock<Bars: BarSource>: BarSource {
    let bars: Bars
    let start: Int
    let count: Int

    @inline(__always) subscript(_ index: Int) -> Bar { bars[start &+ index] }

    /// Writes a number of each bar to a column; returns whether a kernel can take all of them.
    @inline(__always)
    func copy(
        to column: NumberColumn, within limit: NumberLimit = .usable, _ number: (Bar) -> Double
    ) -> Bool {
        var unusable = 0
        for index in 0..<count {
            let value = number(self[index])
            column[index] = value
            unusable |= value.magnitude <= limit.largest ? 0 : 1
        }
        return unusable == 0
    }
}

extension BarBlock {
    /// Writes highs and lows to columns; returns whether a kernel can take all of them.
    @inline(__always)
    func copySpan(_ highs: NumberColumn, _ lows: NumberColumn) -> Bool {
        let (high, low) = (copy(to: highs) { $0.high }, copy(to: lows) { $0.low })
        return high && low
    }

    /// Writes highs, lows and closes to columns; returns whether a kernel can take all of them.
    @inline(__always)
    func copyRange(_ highs: NumberColumn, _ lows: NumberColumn, _ closes: NumberColumn) -> Bool {
        let span = copySpan(highs, lows)
        return copy(to: closes) { $0.close } && span
    }
}

extension BarBlock {
    /// Writes volumes to a column; returns whether a kernel can take all of them.
    @inline(__always)
    func copyVolume(_ column: NumberColumn) -> Bool {
        copy(to: column) { $0.volume >= 0 ? $0.volume : .nan }
    }
}

extension BarSource {
    /// Goes over the bars in stretches as long as a scratch column.
    @inline(__always)
    func forEachBlock(_ body: (BarBlock<Self>) -> Void) {
        var start = 0
        while start < count {
            let block = BarBlock(bars: self, start: start, count: min(scratchLength, count - start))
            body(block)
            start += block.count
        }
    }
}

/// Numbers of a scratch column: the most that are sure to lie on the stack.
let scratchLength = 128

/// Lends memory for the numbers of one block.
@inline(__always)
func withColumn<Result>(_ body: (NumberColumn) -> Result) -> Result {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 128, body)
}

@inline(__always)
func withTwoColumns<Result>(_ body: (NumberColumn, NumberColumn) -> Result) -> Result {
    withColumn { a in withColumn { b in body(a, b) } }
}

@inline(__always)
func withThreeColumns<Result>(_ body: (NumberColumn, NumberColumn, NumberColumn) -> Result) -> Result {
    withColumn { a in withTwoColumns { b, c in body(a, b, c) } }
}

@inline(__always)
func withFourColumns<Result>(_ body: (NumberColumn, NumberColumn, NumberColumn, NumberColumn) -> Result) -> Result {
    withTwoColumns { a, b in withTwoColumns { c, d in body(a, b, c, d) } }
}
