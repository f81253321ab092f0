public import PluginKit

/// The last `period` numbers in order; gives back the one that leaves. For lags, momentum and rates of change.
@frozen public struct Ring: Sendable {
    /// Numbers in the ring.
    public let period: Int
    /// Where its numbers begin in the lent memory.
    public let offset: Int
    @usableFromInline var head = 0
    @usableFromInline var isFull = false

    /// Creates an empty ring of 1 or more numbers.
    @inlinable public init(period: Int, offset: Int = 0) {
        precondition(period >= 1 && offset >= 0, "a ring has 1 number or more")
        self.period = period
        self.offset = offset
    }

    /// Where the next window in the same memory can begin.
    @inlinable public var end: Int { offset + period }

    /// Takes a number; returns the one pushed `period` pushes ago, NaN where there was none.
    @inlinable @inline(__always)
    public mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
        let leaving = isFull ? memory[offset + head] : .nan
        memory[offset + head] = value
        head += 1
        if head == period {
            head = 0
            isFull = true
        }
        return leaving
    }

    /// Writes everything but the lent memory.
    public func save(to writer: inout StateWriter) { writer.write(period: period, head: head, isFull: isFull) }

    /// Reads what `save` wrote for the same period.
    public mutating func restore(from reader: inout StateReader) throws(PluginError) {
        (head, isFull) = try reader.readWindow(period: period)
    }
}
