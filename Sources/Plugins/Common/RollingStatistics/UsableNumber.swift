extension Double {
    /// Whether a kernel can take the number: not NaN, and at most 2^1000 in magnitude (about 1e301).
    ///
    /// Infinity is no price. The bound is below the largest `Double` so that sums and differences over a window stay finite
    /// and no single event can leave an infinity in a state that lives for years.
    @inlinable public var isUsable: Bool { magnitude <= 0x1p1000 }

    /// The number, or NaN where it is infinite: an output is a number or undefined, never infinite.
    ///
    /// A comparison of numbers, where `isFinite` would take their bits apart: a loop can do several at once.
    @inlinable public var orUndefined: Double { magnitude <= Double.greatestFiniteMagnitude ? self : .nan }
}
