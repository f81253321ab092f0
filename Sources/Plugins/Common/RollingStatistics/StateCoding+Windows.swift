public import PluginKit

extension StateWriter {
    /// Writes where a window stands.
    mutating func write(period: Int, head: Int, isFull: Bool) {
        write(period)
        write(head)
        write(isFull ? 1 : 0)
    }
}

extension StateReader {
    /// Reads where a window of the same period stands.
    mutating func readWindow(period: Int) throws(PluginError) -> (head: Int, isFull: Bool) {
        _ = try readInt(in: period...period)
        return (head: try readInt(in: 0...(period - 1)), isFull: try readInt(in: 0...1) == 1)
    }

    /// Reads a finite number; throws `.corrupted` for NaN and infinity.
    public mutating func readFinite() throws(PluginError) -> Double {
        let number = try readDouble()
        guard number.isFinite else { throw Self.notANumber(number) }
        return number
    }

    /// Reads a number that may be infinite; throws `.corrupted` for NaN.
    public mutating func readNumber() throws(PluginError) -> Double {
        let number = try readDouble()
        guard !number.isNaN else { throw Self.notANumber(number) }
        return number
    }

    /// The fault of a number that no state can hold.
    public static func notANumber(_ number: Double) -> PluginError {
        PluginError(
            .corrupted,
            "snapshot: a number is \(number); a state holds finite ones. Drop the snapshot and warm up from the store.")
    }
}
