/// A node in 16 bytes; the two children of a node stand side by side.
///
/// A step is `left + (feature < threshold ? 0 : 1)`, without a branch. A leaf steps onto itself: its threshold is NaN, so
/// every comparison is false, and its `left` is the place before it. So all trees of a block take the same number of
/// steps whatever their shape, and the processor overlaps them.
struct ForestNode: Sendable {
    var threshold: Float
    var value: Float
    var left: UInt32
    /// Feature number; the top bit says that a missing feature goes left.
    var feature: UInt32

    static let defaultLeftBit: UInt32 = 1 << 31

    static func leaf(value: Float, at place: UInt32) -> ForestNode {
        ForestNode(threshold: .nan, value: value, left: place &- 1, feature: 0)
    }

    /// Returns where a row goes from here, given that none of its features is missing.
    @inline(__always)
    func next(_ row: UnsafePointer<some FeatureNumber>) -> UInt32 {
        left &+ (row[Int(feature & ~Self.defaultLeftBit)].single < threshold ? 0 : 1)
    }

    /// Returns where a row goes from here.
    @inline(__always)
    func nextWithMissing(_ row: UnsafePointer<some FeatureNumber>) -> UInt32 {
        let value = row[Int(feature & ~Self.defaultLeftBit)].single
        let isLess: UInt32 = value < threshold ? 1 : 0
        let isMissing: UInt32 = value.isNaN ? 1 : 0
        return left &+ 1 &- (isLess | isMissing & feature >> 31)
    }
}

/// A number a row is made of; trees compare in single precision, as the libraries that grew them do.
protocol FeatureNumber {
    var single: Float { get }
}

extension Float: FeatureNumber {
    @inline(__always) var single: Float { self }
}

extension Double: FeatureNumber {
    @inline(__always) var single: Float { Float(self) }
}
