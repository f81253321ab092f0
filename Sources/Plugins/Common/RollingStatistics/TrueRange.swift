public import PluginKit

/// Range of a bar, extended to the close before it where the bar opened with a gap: Wilder's true range.
@frozen public struct TrueRange: Sendable {
    @usableFromInline var previousClose = Double.nan

    /// Creates a range that has seen no bar.
    @inlinable public init() {}

    /// Takes usable prices; returns `max(high - low, |high - previous close|, |low - previous close|)`, NaN for the first bar.
    @inlinable @inline(__always)
    public mutating func push(high: Double, low: Double, close: Double) -> Double {
        let previous = previousClose
        previousClose = close
        return Self.range(high, low, previous)
    }

    /// Takes usable prices in a row; writes the range of each, as `push` gives it.
    public mutating func run(high: NumberColumn, low: NumberColumn, close: NumberColumn, into output: NumberColumn) {
        guard high.count > 0 else { return }
        output[0] = Self.range(high[0], low[0], previousClose)
        for index in 1..<high.count { output[index] = Self.range(high[index], low[index], close[index &- 1]) }
        previousClose = close[high.count - 1]
    }

    @inlinable @inline(__always)
    static func range(_ high: Double, _ low: Double, _ previous: Double) -> Double {
        let up = (high - previous).magnitude
        let down = (low - previous).magnitude
        let widest = up > down ? up : down
        let range = high - low
        return range > widest ? range : widest
    }

    /// Codes everything.
    public mutating func code(_ state: inout StateCoder) throws(PluginError) { try state.numberOrNone(&previousClose) }
}
