/// Points that fill the unit cube evenly, in up to 16 dimensions; a seed shifts them.
///
/// The shift is digital (exclusive or), which keeps the evenness. The first point is left out: without a shift it is the corner 0.
///
/// Source: P. Bratley, B. Fox, *Algorithm 659*, ACM TOMS 1988, in the order of Gray's code (I. Antonov, V. Saleev 1979); direction
/// numbers of S. Joe, F. Kuo, *Constructing Sobol sequences with better two-dimensional projections*, SIAM J. Sci. Comput. 2008
/// (new-joe-kuo-6). Checked against: SciPy 1.17.1 `qmc.Sobol(scramble=False)`, exactly.
package struct SobolSequence: Sendable {
    private let directions: [[UInt32]]
    private let shifts: [UInt32]
    private var state: [UInt32]
    private var index: UInt32 = 0

    /// Creates the points of a cube of 1...16 dimensions; without a seed they are not shifted.
    package init(dimensions: Int, seed: UInt64? = nil) {
        let dimensions = min(dimensions, Self.polynomials.count + 1)
        directions = (0..<dimensions).map(Self.directions)
        var numbers = SplitMix(state: seed ?? 0)
        shifts = (0..<dimensions).map { _ in seed == nil ? 0 : UInt32(truncatingIfNeeded: numbers.next() >> 32) }
        state = Array(repeating: 0, count: dimensions)
    }

    /// Returns the next point, each number in 0..<1.
    package mutating func next() -> [Double] {
        let bit = (~index).trailingZeroBitCount
        index &+= 1
        for dimension in state.indices { state[dimension] ^= directions[dimension][min(bit, 31)] }
        return zip(state, shifts).map { Double($0 ^ $1) * 0x1p-32 }
    }

    /// Direction numbers of a dimension, the highest bit first.
    private static func directions(_ dimension: Int) -> [UInt32] {
        guard dimension > 0 else { return (0..<32).map { 1 << UInt32(31 - $0) } }
        let (coefficients, start) = polynomials[dimension - 1]
        let degree = start.count
        var numbers = start.enumerated().map { $1 << UInt32(31 - $0) }
        for place in degree..<32 {
            var number = numbers[place - degree] ^ (numbers[place - degree] >> UInt32(degree))
            for step in 1..<max(degree, 1) where coefficients >> UInt32(degree - 1 - step) & 1 == 1 {
                number ^= numbers[place - step]
            }
            numbers.append(number)
        }
        return numbers
    }

    /// The inner coefficients of a primitive polynomial, and the first direction numbers: one a bit of its degree.
    private static let polynomials: [(coefficients: UInt32, start: [UInt32])] = [
        (0, [1]), (1, [1, 3]), (1, [1, 3, 1]), (2, [1, 1, 1]), (1, [1, 1, 3, 3]), (4, [1, 3, 5, 13]),
        (2, [1, 1, 5, 5, 17]), (4, [1, 1, 5, 5, 5]), (7, [1, 1, 7, 11, 19]), (11, [1, 1, 5, 1, 1]),
        (13, [1, 1, 1, 3, 11]), (14, [1, 3, 5, 5, 31]), (1, [1, 3, 3, 9, 7, 49]), (13, [1, 1, 1, 15, 21, 21]),
        (16, [1, 3, 1, 13, 27, 49]),
    ]
}
