/// A window onto rows of a feature matrix: where an indicator writes its columns for a run of events.
///
/// This is the one place of the kit with pointers. The host makes the window over memory it owns for the length of one
/// call; every access is checked against its bounds.
@frozen public struct FeatureRows {
    @usableFromInline let base: UnsafeMutablePointer<Double>
    /// Rows, one an event.
    public let count: Int
    /// Columns an indicator may write.
    public let width: Int
    @usableFromInline let stride: Int

    /// Creates a window; `base` must hold `(count - 1) * stride + width` numbers while it is used.
    @inlinable public init(base: UnsafeMutablePointer<Double>, count: Int, width: Int, stride: Int) {
        precondition(count >= 0 && width >= 0 && stride >= width, "rows do not overlap")
        self.base = base
        self.count = count
        self.width = width
        self.stride = stride
    }

    /// Returns one row to write to.
    @inlinable public subscript(row: Int) -> OutputRow {
        precondition(row >= 0 && row < count, "row is in the window")
        return OutputRow(base: base + row &* stride, width: width)
    }

    /// Writes numbers to one column, one a row, from a row on.
    @inlinable public func write(_ numbers: UnsafeMutableBufferPointer<Double>, to column: Int, from first: Int) {
        precondition(column >= 0 && column < width, "column is in the row")
        precondition(first >= 0 && numbers.count <= count - first, "rows are in the window")
        let target = base + (first &* stride &+ column)
        guard let source = numbers.baseAddress else { return }
        guard stride > 1 else { return target.update(from: source, count: numbers.count) }
        for index in 0..<numbers.count { target[index &* stride] = source[index] }
    }
}

/// One row of outputs; valid for the length of the call it was handed to.
@frozen public struct OutputRow {
    @usableFromInline let base: UnsafeMutablePointer<Double>
    /// How many outputs the row takes.
    public let width: Int

    /// Creates a row; `base` must hold `width` numbers while it is used.
    @inlinable public init(base: UnsafeMutablePointer<Double>, width: Int) {
        self.base = base
        self.width = width
    }

    /// One output by its position in `descriptor.outputs`.
    @inlinable public subscript(column: Int) -> Double {
        get {
            precondition(column >= 0 && column < width, "column is in the row")
            return base[column]
        }
        nonmutating set {
            precondition(column >= 0 && column < width, "column is in the row")
            base[column] = newValue
        }
    }

    /// Writes NaN to every output: no value yet.
    @inlinable public func clear() {
        for column in 0..<width { base[column] = .nan }
    }
}
