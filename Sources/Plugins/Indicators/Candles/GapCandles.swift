import PluginKit

// Gaps, and what five bars do after a long one.
extension CandleShape {
    static let gaps = [
        CandleShape(
            "gap_side_side_white", 8, "Two like rises beside each other beyond a gap.", [.shortSpan], gapSideSideWhite),
        CandleShape(
            "tasuki_gap", 8, "A gap, and an opposite body of like length into it that does not close it.",
            [.shortSpan], tasukiGap),
        CandleShape(
            "gap_three_methods", 3, "A gap between two like bodies, closed by an opposite one.",
            [], gapThreeMethods),
        CandleShape(
            "three_line_strike", 9, "Three like bodies on and on, and an opposite one back over all of them.",
            [.shortSpan], threeLineStrike),
        CandleShape(
            "concealing_baby_swallow", 14,
            "Two falls without shadows, one below them that reaches into the second, and one around it.",
            [.span], concealingBabySwallow),
        CandleShape(
            "breakaway", 15, "A long body, three on beyond a gap, and an opposite one back into it.",
            [.body], breakaway),
        CandleShape(
            "ladder_bottom", 15, "Three falls lower and lower, one with an upper shadow, and a rise above it.",
            [.span], ladderBottom),
        CandleShape(
            "mat_hold", 15, "A long rise, three short bodies that hold above its middle, and a rise to a new high.",
            [.body], matHold),
        CandleShape(
            "rise_fall_three_methods", 15,
            "A long body, three short opposite ones within its range, and a long one on.",
            [.body], riseFallThreeMethods),
    ]

    @inline(__always)
    private static func gapSideSideWhite(_ w: CandleWindow) -> Double {
        guard (w[1].isAbove(w[2]) && w[0].isAbove(w[2])) || (w[1].isBelow(w[2]) && w[0].isBelow(w[2])),
            w[1].isWhite, w[0].isWhite, (w[0].body - w[1].body).magnitude <= w[1].near,
            (w[0].open - w[1].open).magnitude <= w[1].equal
        else { return 0 }
        return w[1].isAbove(w[2]) ? 100 : -100
    }

    @inline(__always)
    private static func tasukiGap(_ w: CandleWindow) -> Double {
        guard w[0].sign == -w[1].sign, w[1].gaps(w[1].sign, from: w[2]), w[0].open < w[1].top,
            w[0].open > w[1].bottom, w[1].sign * (w[0].close - w[1].open) < 0,
            (w[1].isWhite && w[0].close > w[2].top) || (w[1].isBlack && w[0].close < w[2].bottom),
            (w[1].body - w[0].body).magnitude < w[1].near
        else { return 0 }
        return 100 * w[1].sign
    }

    @inline(__always)
    private static func gapThreeMethods(_ w: CandleWindow) -> Double {
        guard w[2].sign == w[1].sign, w[0].sign == -w[1].sign, w[0].open < w[1].top, w[0].open > w[1].bottom,
            w[0].close < w[2].top, w[0].close > w[2].bottom, w[1].gaps(w[2].sign, from: w[2])
        else { return 0 }
        return 100 * w[2].sign
    }

    @inline(__always)
    private static func threeLineStrike(_ w: CandleWindow) -> Double {
        guard w[3].sign == w[2].sign, w[2].sign == w[1].sign, w[0].sign == -w[1].sign,
            w[2].open >= w[3].bottom - w[3].near, w[2].open <= w[3].top + w[3].near,
            w[1].open >= w[2].bottom - w[2].near, w[1].open <= w[2].top + w[2].near,
            w[1].sign * (w[1].close - w[2].close) > 0, w[1].sign * (w[2].close - w[3].close) > 0,
            w[1].sign * (w[0].open - w[1].close) > 0, w[1].sign * (w[0].close - w[3].open) < 0
        else { return 0 }
        return 100 * w[1].sign
    }

    @inline(__always)
    private static func concealingBabySwallow(_ w: CandleWindow) -> Double {
        guard w[3].isBlack, w[2].isBlack, w[1].isBlack, w[0].isBlack, w[3].lower < w[3].tiny,
            w[3].upper < w[3].tiny, w[2].lower < w[2].tiny, w[2].upper < w[2].tiny, w[1].isBelow(w[2]),
            w[1].upper > w[1].tiny, w[1].high > w[2].close, w[0].high > w[1].high,
            w[0].low < w[1].low
        else { return 0 }
        return 100
    }

    @inline(__always)
    private static func breakaway(_ w: CandleWindow) -> Double {
        guard w[4].isLong, w[4].sign == w[3].sign, w[3].sign == w[1].sign, w[0].sign == -w[1].sign,
            w[3].gaps(w[4].sign, from: w[4]), w[4].sign * (w[2].high - w[3].high) > 0,
            w[4].sign * (w[2].low - w[3].low) > 0, w[4].sign * (w[1].high - w[2].high) > 0,
            w[4].sign * (w[1].low - w[2].low) > 0, w[4].sign * (w[0].close - w[3].open) < 0,
            w[4].sign * (w[0].close - w[4].close) > 0
        else { return 0 }
        return 100 * w[0].sign
    }

    @inline(__always)
    private static func ladderBottom(_ w: CandleWindow) -> Double {
        guard w[4].isBlack, w[3].isBlack, w[2].isBlack, w[4].open > w[3].open, w[3].open > w[2].open,
            w[4].close > w[3].close, w[3].close > w[2].close, w[1].isBlack, w[1].upper > w[1].tiny, w[0].isWhite,
            w[0].open > w[1].open, w[0].close > w[1].high
        else { return 0 }
        return 100
    }

    @inline(__always)
    private static func matHold(_ w: CandleWindow) -> Double {
        guard w[4].isLong, w[3].isShort, w[2].isShort, w[1].isShort, w[4].isWhite, w[3].isBlack, w[0].isWhite,
            w[3].isAbove(w[4]), w[2].bottom < w[4].close, w[1].bottom < w[4].close,
            w[2].bottom > w[4].close - 0.5 * w[4].body, w[1].bottom > w[4].close - 0.5 * w[4].body,
            w[2].top < w[3].open, w[1].top < w[2].top, w[0].open > w[1].close,
            w[0].close > max(w[3].high, max(w[2].high, w[1].high))
        else { return 0 }
        return 100
    }

    @inline(__always)
    private static func riseFallThreeMethods(_ w: CandleWindow) -> Double {
        guard w[4].isLong, w[3].isShort, w[2].isShort, w[1].isShort, w[0].isLong, w[4].sign == -w[3].sign,
            w[3].sign == w[2].sign, w[2].sign == w[1].sign, w[0].sign == w[4].sign, w[3].overlaps(w[4]),
            w[2].overlaps(w[4]), w[1].overlaps(w[4]), w[4].sign * (w[2].close - w[3].close) < 0,
            w[4].sign * (w[1].close - w[2].close) < 0, w[4].sign * (w[0].open - w[1].close) > 0,
            w[4].sign * (w[0].close - w[4].close) > 0
        else { return 0 }
        return 100 * w[4].sign
    }
}
