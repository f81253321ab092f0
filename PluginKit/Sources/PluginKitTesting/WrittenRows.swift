/// Rows that an indicator wrote, as bits, every NaN counted as the same.
///
/// The suites compare millions of numbers in builds without optimisation, so rows lie in one array and are walked through
/// pointers; every pointer stays within `count * width`.
struct WrittenRows: Equatable {
    /// Rows, one an event.
    let count: Int
    /// Numbers in a row.
    let width: Int
    private let bits: [UInt64]

    /// Creates rows out of what a body writes into room for all of them, which holds zeros before.
    init(count: Int, width: Int, _ write: (UnsafeMutablePointer<Double>) throws -> Void) rethrows {
        self.count = count
        self.width = width
        let all = count * width
        bits = try [UInt64](unsafeUninitializedCapacity: max(all, 1)) { buffer, filled in
            guard let base = buffer.baseAddress else { return }
            base.initialize(repeating: 0, count: all)
            filled = all
            try base.withMemoryRebound(to: Double.self, capacity: max(all, 1)) { numbers in
                try write(numbers)
                var index = 0
                while index < all {
                    // True of NaN alone.
                    if numbers[index] != numbers[index] { numbers[index] = .nan }
                    index += 1
                }
            }
        }
    }

    /// The numbers of a row.
    subscript(row: Int) -> [Double] { bits[(row * width)..<((row + 1) * width)].map { Double(bitPattern: $0) } }

    /// Returns the first row with a number of which a body says that it is wrong; it is given the row and the number.
    func firstRow(where isWrong: (Int, Double) -> Bool) -> Int? {
        bits.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return nil }
            for row in 0..<count {
                var index = row * width
                while index < (row + 1) * width {
                    if isWrong(row, Double(bitPattern: base[index])) { return row }
                    index += 1
                }
            }
            return nil
        }
    }

    /// Returns the first of the first `length` rows that differs from the one `start` rows further on in others.
    func firstDifference(from other: WrittenRows, startingAt start: Int, length: Int) -> Int? {
        precondition(width == other.width && length <= count && start + length <= other.count, "rows to compare exist")
        return bits.withUnsafeBufferPointer { mine in
            other.bits.withUnsafeBufferPointer { theirs in
                guard let mine = mine.baseAddress, let theirs = theirs.baseAddress else { return nil }
                let (first, end) = (start * width, length * width)
                var index = 0
                while index < end, mine[index] == theirs[first + index] { index += 1 }
                return index == end ? nil : index / width
            }
        }
    }
}
