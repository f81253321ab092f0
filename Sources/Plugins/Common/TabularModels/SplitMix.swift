/// A repeatable source of random numbers (SplitMix64), the same on every machine.
///
/// Source: G. Steele, D. Lea, C. Flood, *Fast Splittable Pseudorandom Number Generators*, OOPSLA 2014.
public struct SplitMix: Sendable {
    private var state: UInt64

    /// Creates a source of numbers.
    public init(seed: UInt64) { state = seed }

    /// Returns 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// Returns a number of `0..<limit`.
    public mutating func next(below limit: Int) -> Int { Int(((next() >> 32) &* UInt64(limit)) >> 32) }
}
