/// A number of each of two blocks of a window, which are computed side by side.
typealias Lanes = SIMD2<Double>
typealias LaneColumn = UnsafeMutableBufferPointer<Lanes>

/// The longest window whose blocks are taken two at a time: what is sure to lie on the stack.
let twoBlocksLength = 64

/// Lends memory for what is kept of two blocks.
@inline(__always)
func withTwoBlocks<Result>(_ body: (LaneColumn) -> Result) -> Result {
    withUnsafeTemporaryAllocation(of: Lanes.self, capacity: 64, body)
}
