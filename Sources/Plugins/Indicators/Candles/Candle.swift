import PluginKit
import RollingStatistics

/// A bar, and what was usual before it: means over the 10 bars before, of spans over 5 too.
///
/// The measures are TA-Lib's defaults: a body is long above the mean body and short below it; tiny is a tenth of the
/// mean span; near, far and equal are 20, 60 and 5 % of it over 5 bars.
struct Candle {
    private let place: UnsafePointer<Double>
    private let stride: Int

    /// Creates a view of one bar in `CandleColumns`: the same place of all columns.
    @inline(__always)
    init(_ place: UnsafePointer<Double>, stride: Int) {
        self.place = place
        self.stride = stride
    }

    var open: Double { place[0] }
    var high: Double { place[stride] }
    var low: Double { place[2 &* stride] }
    var close: Double { place[3 &* stride] }
    var bodyMean: Double { place[4 &* stride] }
    var spanMean: Double { place[5 &* stride] }
    var shortSpanMean: Double { place[6 &* stride] }
    var shadowMean: Double { place[7 &* stride] }

    var body: Double { (close - open).magnitude }
    var span: Double { high - low }
    var top: Double { open > close ? open : close }
    var bottom: Double { open < close ? open : close }
    var upper: Double { high - top }
    var lower: Double { bottom - low }
    var isWhite: Bool { close >= open }
    var isBlack: Bool { close < open }
    /// 1: white, the close is not below the open; -1: black. Read, where a selection would become a branch that nobody can predict.
    var sign: Double { place[11 &* stride] }
    /// The shadow beyond the close, and the one beyond the open.
    var closingShadow: Double { isWhite ? upper : lower }
    var openingShadow: Double { isWhite ? lower : upper }

    var isLong: Bool { body > bodyMean }
    var isShort: Bool { body < bodyMean }
    var isDoji: Bool { body <= tiny }
    var tiny: Double { 0.1 * spanMean }
    var shortShadow: Double { shadowMean / 2 }
    var near: Double { 0.2 * shortSpanMean }
    var far: Double { 0.6 * shortSpanMean }
    var equal: Double { 0.05 * shortSpanMean }

    /// Whether the whole body lies above the other's.
    func isAbove(_ other: Candle) -> Bool { bottom > other.top }

    /// Whether the whole body lies below the other's.
    func isBelow(_ other: Candle) -> Bool { top < other.bottom }

    /// Whether the body lies beyond the other's: above for 1, below for -1.
    func gaps(_ sign: Double, from other: Candle) -> Bool { sign > 0 ? isAbove(other) : isBelow(other) }

    /// Whether the body reaches into the other's range.
    func overlaps(_ other: Candle) -> Bool { bottom < other.high && top > other.low }

    /// Whether a rise opens within another one's body, or just above it.
    func opensWithin(_ other: Candle) -> Bool { open > other.open && open <= other.close + other.near }

    /// Whether it is a long body with hardly any shadow.
    var isMarubozu: Bool { isLong && upper < tiny && lower < tiny }

    /// Whether two opposite marubozus have a gap between them.
    func kicks(from other: Candle) -> Bool {
        guard sign == -other.sign, isMarubozu, other.isMarubozu else { return false }
        return isWhite ? low > other.high : high < other.low
    }

    /// Whether the last of three rises shows weakness: shorter bodies, or a long upper shadow.
    func isWeaker(than second: Candle, _ first: Candle) -> Bool {
        if second.body < first.body - first.far, body < second.body + second.near { return true }
        if body < second.body - second.far { return true }
        let hasShadows = upper > shortShadow || second.upper > second.shortShadow
        if body < second.body, second.body < first.body, hasShadows { return true }
        return body < second.body && upper > body
    }
}
