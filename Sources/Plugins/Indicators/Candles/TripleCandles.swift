import PluginKit

// Three bars, or three after another one.
extension CandleShape {
    static let triples = [
        CandleShape("two_crows", 13, "A fall above a long rise, and another one down into it.", [.body], twoCrows),
        CandleShape(
            "upside_gap_two_crows", 13, "A short fall above a long rise, and a longer one around it.",
            [.body], upsideGapTwoCrows),
        CandleShape("three_inside", 13, "A harami, and a close beyond the long body's open.", [.body], threeInside),
        CandleShape("three_outside", 4, "An engulfing body, and a close further on.", [], threeOutside),
        CandleShape(
            "three_white_soldiers", 13, "Three rises of like length that close at their highs.",
            [.body, .span, .shortSpan], threeWhiteSoldiers),
        CandleShape("advance_block", 13, "Three rises that grow weaker.", [.body, .shortSpan, .shadow], advanceBlock),
        CandleShape(
            "stalled_pattern", 13, "Two long rises, and a short one at the end of the second.",
            [.body, .span, .shortSpan], stalledPattern),
        CandleShape(
            "three_black_crows", 14, "Three falls after a rise that close at their lows.", [.span], threeBlackCrows),
        CandleShape(
            "identical_three_crows", 13, "Three falls that open where the one before closed.",
            [.span, .shortSpan], identicalThreeCrows),
        CandleShape(
            "three_stars_in_south", 13, "Three falls, each shorter than the one before.", [.body, .span],
            threeStarsInSouth),
        CandleShape(
            "unique_three_river", 13, "A long fall, a fall within it to a new low, a short rise.",
            [.body], uniqueThreeRiver),
        CandleShape(
            "stick_sandwich", 8, "A rise between two falls that close at the same price.", [.shortSpan], stickSandwich),
    ]

    @inline(__always)
    private static func twoCrows(_ w: CandleWindow) -> Double {
        guard w[2].isWhite, w[2].isLong, w[1].isBlack, w[1].isAbove(w[2]), w[0].isBlack, w[0].open < w[1].open,
            w[0].open > w[1].close, w[0].close > w[2].open, w[0].close < w[2].close
        else { return 0 }
        return -100
    }

    @inline(__always)
    private static func upsideGapTwoCrows(_ w: CandleWindow) -> Double {
        guard w[2].isWhite, w[2].isLong, w[1].isBlack, w[1].body <= w[1].bodyMean, w[1].isAbove(w[2]),
            w[0].isBlack, w[0].open > w[1].open, w[0].close < w[1].close, w[0].close > w[2].close
        else { return 0 }
        return -100
    }

    @inline(__always)
    private static func threeInside(_ w: CandleWindow) -> Double {
        guard w[2].isLong, w[1].body <= w[1].bodyMean, w[1].top < w[2].top, w[1].bottom > w[2].bottom,
            w[0].sign == -w[2].sign, w[0].sign * (w[0].close - w[2].open) > 0
        else { return 0 }
        return 100 * w[0].sign
    }

    @inline(__always)
    private static func threeOutside(_ w: CandleWindow) -> Double {
        guard w[1].sign == -w[2].sign, w[1].top > w[2].top, w[1].bottom < w[2].bottom,
            w[1].sign * (w[0].close - w[1].close) > 0
        else { return 0 }
        return 100 * w[1].sign
    }

    @inline(__always)
    private static func threeWhiteSoldiers(_ w: CandleWindow) -> Double {
        guard w[2].isWhite, w[2].upper < w[2].tiny, w[1].isWhite, w[1].upper < w[1].tiny, w[0].isWhite,
            w[0].upper < w[0].tiny, w[0].close > w[1].close, w[1].close > w[2].close, w[1].opensWithin(w[2]),
            w[0].opensWithin(w[1]), w[1].body > w[2].body - w[2].far, w[0].body > w[1].body - w[1].far,
            w[0].isLong
        else { return 0 }
        return 100
    }

    @inline(__always)
    private static func advanceBlock(_ w: CandleWindow) -> Double {
        guard w[2].isWhite, w[1].isWhite, w[0].isWhite, w[0].close > w[1].close, w[1].close > w[2].close,
            w[1].opensWithin(w[2]), w[0].opensWithin(w[1]), w[2].isLong, w[2].upper < w[2].shortShadow,
            w[0].isWeaker(than: w[1], w[2])
        else { return 0 }
        return -100
    }

    @inline(__always)
    private static func stalledPattern(_ w: CandleWindow) -> Double {
        guard w[2].isWhite, w[1].isWhite, w[0].isWhite, w[0].close > w[1].close, w[1].close > w[2].close,
            w[2].isLong, w[1].isLong, w[1].upper < w[1].tiny, w[1].opensWithin(w[2]), w[0].isShort,
            w[0].open >= w[1].close - w[0].body - w[1].near
        else { return 0 }
        return -100
    }

    @inline(__always)
    private static func threeBlackCrows(_ w: CandleWindow) -> Double {
        guard w[3].isWhite, w[2].isBlack, w[2].lower < w[2].tiny, w[1].isBlack, w[1].lower < w[1].tiny,
            w[0].isBlack, w[0].lower < w[0].tiny, w[1].open < w[2].open, w[1].open > w[2].close,
            w[0].open < w[1].open, w[0].open > w[1].close, w[3].high > w[2].close, w[2].close > w[1].close,
            w[1].close > w[0].close
        else { return 0 }
        return -100
    }

    @inline(__always)
    private static func identicalThreeCrows(_ w: CandleWindow) -> Double {
        guard w[2].isBlack, w[2].lower < w[2].tiny, w[1].isBlack, w[1].lower < w[1].tiny, w[0].isBlack,
            w[0].lower < w[0].tiny, w[2].close > w[1].close, w[1].close > w[0].close,
            (w[1].open - w[2].close).magnitude <= w[2].equal,
            (w[0].open - w[1].close).magnitude <= w[1].equal
        else { return 0 }
        return -100
    }

    @inline(__always)
    private static func threeStarsInSouth(_ w: CandleWindow) -> Double {
        guard w[2].isBlack, w[1].isBlack, w[0].isBlack, w[2].isLong, w[2].lower > w[2].body, w[1].body < w[2].body,
            w[1].open > w[2].close, w[1].open <= w[2].high, w[1].low < w[2].close, w[1].low >= w[2].low,
            w[1].lower > w[1].tiny, w[0].isShort, w[0].lower < w[0].tiny, w[0].upper < w[0].tiny,
            w[0].low > w[1].low, w[0].high < w[1].high
        else { return 0 }
        return 100
    }

    @inline(__always)
    private static func uniqueThreeRiver(_ w: CandleWindow) -> Double {
        guard w[2].isLong, w[2].isBlack, w[1].isBlack, w[1].close > w[2].close, w[1].open <= w[2].open,
            w[1].low < w[2].low, w[0].isShort, w[0].isWhite, w[0].open > w[1].low
        else { return 0 }
        return 100
    }

    @inline(__always)
    private static func stickSandwich(_ w: CandleWindow) -> Double {
        guard w[2].isBlack, w[1].isWhite, w[0].isBlack, w[1].low > w[2].close,
            (w[0].close - w[2].close).magnitude <= w[2].equal
        else { return 0 }
        return 100
    }
}
