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
        let up = (high - previous).magnitude
        let down = (low - previous).magnitude
        let widest = up > down ? up : down
        let range = high - low
        return range > widest ? range : widest
    }

    /// Codes everything.
    public mutating func code(_ state: inout StateCoder) throws(PluginError) { try state.numberOrNone(&previousClose) }
}
