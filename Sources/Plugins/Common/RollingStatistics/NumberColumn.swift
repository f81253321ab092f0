/// Numbers in a row in memory that the caller owns for the length of a call: what a kernel reads or writes in one go.
///
/// Its subscript is checked in debug builds only; whoever makes one says how many numbers there are.
public typealias NumberColumn = UnsafeMutableBufferPointer<Double>

extension NumberColumn {
    /// Writes NaN from a place on.
    @inlinable public func clear(_ start: Int, _ count: Int) {
        for index in 0..<count { self[start &+ index] = .nan }
    }

    /// Takes over as many numbers of another column as it holds.
    @inlinable public func copy(from other: NumberColumn) {
        for index in indices { self[index] = other[index] }
    }

    /// The numbers between two places.
    @inlinable public func part(_ range: Range<Int>) -> NumberColumn { NumberColumn(rebasing: self[range]) }
}

/// The part of the lent memory that one window owns, checked once for a whole run.
///
/// The pointer is used while the caller holds the memory exclusively, and no longer.
@frozen public struct WindowColumn {
    @usableFromInline let base: UnsafeMutablePointer<Double>

    /// Finds the numbers of a window in the lent memory.
    @inlinable @inline(__always)
    public init(_ memory: inout MutableSpan<Double>, _ offset: Int, _ count: Int) {
        precondition(count > 0 && offset >= 0 && offset + count <= memory.count, "the window lies in the memory")
        base = memory.withUnsafeMutableBufferPointer { $0.baseAddress.unsafelyUnwrapped + offset }
    }

    /// One of the numbers.
    @inlinable @inline(__always)
    public subscript(_ place: Int) -> Double {
        get { base[place] }
        nonmutating set { base[place] = newValue }
    }

    /// Takes numbers of a column over to a place on.
    @inlinable @inline(__always)
    public func take(_ place: Int, _ count: Int, from column: NumberColumn, _ start: Int) {
        for step in 0..<count { base[place &+ step] = column[start &+ step] }
    }

    /// How many of the first numbers meet a condition.
    @inlinable @inline(__always)
    public func count(_ length: Int, where isCounted: (Double) -> Bool) -> Int {
        var found = 0
        var place = 0
        while place < length {
            found &+= isCounted(base[place]) ? 1 : 0
            place &+= 1
        }
        return found
    }

    /// Moves numbers up or down; they stay within the window.
    @inlinable @inline(__always)
    public func move(_ places: Range<Int>, by distance: Int) {
        (base + places.lowerBound + distance).update(from: base + places.lowerBound, count: places.count)
    }
}
