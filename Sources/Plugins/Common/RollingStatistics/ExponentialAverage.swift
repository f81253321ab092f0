public import PluginKit

/// Average that moves by a fixed fraction of the distance to each new number: `y = (1 - weight) * y + weight * x`.
///
/// In this form each value waits for a product and a sum of the one before, and for nothing else: that is what the loop costs.
/// Starts as the plain mean of the first `period` numbers, the convention of TA-Lib and of Wilder; or from a given value.
/// Equal numbers are kept exactly. What decays below the smallest normal number becomes 0,
/// because arithmetic on subnormal numbers is a hundred times slower.
@frozen public struct ExponentialAverage: Sendable {
    /// Numbers the first mean is taken over; 0 where the average started from a given value.
    public let period: Int
    /// The fraction: more than 0, at most 1.
    public let weight: Double
    @usableFromInline let rest: Double
    @usableFromInline var count = 0
    @usableFromInline var value = 0.0

    /// Creates an average with weight `2 / (period + 1)`.
    @inlinable public init(period: Int) { self.init(period: period, weight: 2 / Double(period + 1)) }

    /// Creates Wilder's average, with weight `1 / period`.
    @inlinable public init(wilder period: Int) { self.init(period: period, weight: 1 / Double(period)) }

    /// Creates an average that starts from a value: every number moves it by `1 / smoothing` of the distance.
    @inlinable public init(smoothing: Int, seed: Double) {
        precondition(smoothing >= 1, "an average moves by at most the whole distance")
        period = 0
        weight = 1 / Double(smoothing)
        rest = 1 - weight
        value = seed
    }

    /// Creates an average with weight `2 / (period + 1)` that starts as the first number and gives a value from it on.
    @inlinable public init(fromFirst period: Int) { self.init(period: 1, weight: 2 / Double(period + 1)) }

    /// Creates an average with a weight of its own, more than 0 and at most 1, over a plain mean of the first numbers.
    @inlinable public init(period: Int, weight: Double) {
        precondition(period >= 1, "an average starts from 1 number or more")
        self.period = period
        self.weight = weight
        rest = 1 - weight
    }

    /// Takes a usable number; returns the average, NaN until it has started.
    @inlinable @inline(__always)
    public mutating func push(_ number: Double) -> Double {
        guard count < period else { return next(number) }
        // The k-th number moves a plain mean by 1 / k of the distance.
        count += 1
        value += 1 / Double(count) * (number - value)
        if value.magnitude < Double.leastNormalMagnitude { value = 0 }
        return count < period ? .nan : value
    }

    /// Whether it has started: from then on `push` is `next`.
    @inlinable @inline(__always) public var hasStarted: Bool { count >= period }

    /// What `push` does once the average has started.
    @inlinable @inline(__always)
    public mutating func next(_ number: Double) -> Double {
        let moved = rest * value + weight * number
        // Told to be rare, both become branches, which do not wait for the number; selections would.
        if _slowPath(number == value) { return value }
        value = _slowPath(moved.magnitude < Double.leastNormalMagnitude) ? 0 : moved
        return value
    }

    /// Codes everything.
    public mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try state.same(period)
        try state.count(&count, in: 0...period)
        try state.number(&value)
    }
}
