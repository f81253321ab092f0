/// SplitMix64: small, seeded, the same on every machine.
///
/// Source: G. Steele, D. Lea, C. Flood, *Fast Splittable Pseudorandom Number Generators*, OOPSLA 2014.
package struct SplitMix: Sendable {
    private var state: UInt64

    /// Creates a source of numbers.
    package init(state: UInt64) { self.state = state }

    /// Returns 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    /// Returns a number of `0..<limit`.
    package mutating func next(below limit: Int) -> Int { Int(next() % UInt64(limit)) }

    /// Returns a number in 0..<1.
    package mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }
}
