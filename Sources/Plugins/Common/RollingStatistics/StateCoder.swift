public import PluginKit

/// One walk over a state that writes it or reads it back, so that saving and restoring cannot disagree.
///
/// A part of a state has one method `code(_:)` that names its numbers in order. Writing throws nothing; reading throws
/// `.corrupted` for what no state can hold, possibly half-way, so it works on a copy.
public struct StateCoder {
    /// What was written.
    public private(set) var writer = StateWriter()
    private var reader: StateReader?

    /// Creates a walk that writes after what the writer has.
    public init(writingTo writer: StateWriter) { self.writer = writer }

    /// Creates a walk that reads on.
    public init(readingFrom reader: StateReader) { self.reader = reader }

    /// The reader after the walk; `nil` where it writes.
    public var rest: StateReader? { reader }

    /// Codes a number that must be an option's own: a state of other options is refused.
    public mutating func same(_ value: Int) throws(PluginError) {
        var value = value
        try count(&value, in: value...value)
    }

    /// Codes a whole number that lies in a range.
    public mutating func count(_ value: inout Int, in range: ClosedRange<Int>) throws(PluginError) {
        if reader == nil { writer.write(value) } else if let read = try reader?.readInt(in: range) { value = read }
    }

    /// Codes a switch.
    public mutating func flag(_ value: inout Bool) throws(PluginError) {
        var bit = value ? 1 : 0
        try count(&bit, in: 0...1)
        value = bit == 1
    }

    /// Codes a finite number.
    public mutating func number(_ value: inout Double) throws(PluginError) {
        try number(&value) { $0.isFinite }
    }

    /// Codes a number that lies in a range.
    public mutating func number(_ value: inout Double, in range: ClosedRange<Double>) throws(PluginError) {
        try number(&value) { range.contains($0) }
    }

    /// Codes a finite number, or NaN for none yet.
    public mutating func numberOrNone(_ value: inout Double) throws(PluginError) {
        try number(&value) { $0.isFinite || $0.isNaN }
    }

    /// Codes a number that may be infinite.
    public mutating func numberOrInfinite(_ value: inout Double) throws(PluginError) {
        try number(&value) { !$0.isNaN }
    }

    /// Codes numbers whose count is fixed; none of them is NaN.
    public mutating func numbers(_ values: inout [Double]) throws(PluginError) {
        guard reader != nil else { return writer.write(values) }
        guard let read = try reader?.readDoubles(count: values.count) else { return }
        if let spoiled = read.first(where: \.isNaN) { throw Self.notANumber(spoiled) }
        values = read
    }

    private mutating func number(
        _ value: inout Double, _ isAllowed: (Double) -> Bool
    ) throws(PluginError) {
        guard reader != nil else { return writer.write(value) }
        guard let read = try reader?.readDouble() else { return }
        guard isAllowed(read) else { throw Self.notANumber(read) }
        value = read
    }

    private static func notANumber(_ number: Double) -> PluginError {
        PluginError(
            .corrupted,
            "snapshot: a number is \(number); a state holds finite ones. Drop the snapshot and warm up from the store.")
    }
}

/// Hands out places in the memory that the windows of one indicator share.
public struct WindowLayout: Sendable {
    /// Numbers handed out so far: what the memory must hold.
    public private(set) var count = 0

    /// Creates an empty layout.
    public init() {}

    /// Takes numbers in a row; returns where they begin.
    public mutating func reserve(_ numbers: Int) -> Int {
        defer { count += numbers }
        return count
    }
}
