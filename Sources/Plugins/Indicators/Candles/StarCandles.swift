import PluginKit

// A small body apart from those on both sides of it.
extension CandleShape {
    static let stars = [
        CandleShape(
            "morning_star", 13, "A long fall, a short body below it, a rise well into the fall.", [.body], morningStar),
        CandleShape(
            "evening_star", 13, "A long rise, a short body above it, a fall well into the rise.", [.body], eveningStar),
        CandleShape(
            "morning_doji_star", 13, "A morning star whose middle is a doji.", [.body, .span], morningDojiStar),
        CandleShape(
            "evening_doji_star", 13, "An evening star whose middle is a doji.", [.body, .span], eveningDojiStar),
        CandleShape(
            "abandoned_baby", 13, "A doji with a gap on both sides between two opposite bodies.",
            [.body, .span], abandonedBaby),
        CandleShape("tri_star", 13, "Three dojis, the middle one apart.", [.span], triStar),
    ]

    @inline(__always)
    private static func morningStar(_ w: CandleWindow) -> Double {
        guard w[2].isLong, w[2].isBlack, w[1].body <= w[1].bodyMean, w[1].isBelow(w[2]), w[0].isLong, w[0].isWhite,
            w[0].close > w[2].close + 0.3 * w[2].body
        else { return 0 }
        return 100
    }

    @inline(__always)
    private static func eveningStar(_ w: CandleWindow) -> Double {
        guard w[2].isLong, w[2].isWhite, w[1].body <= w[1].bodyMean, w[1].isAbove(w[2]), w[0].isLong, w[0].isBlack,
            w[0].close < w[2].close - 0.3 * w[2].body
        else { return 0 }
        return -100
    }

    @inline(__always)
    private static func morningDojiStar(_ w: CandleWindow) -> Double {
        guard w[2].isLong, w[2].isBlack, w[1].isDoji, w[1].isBelow(w[2]), w[0].isLong, w[0].isWhite,
            w[0].close > w[2].close + 0.3 * w[2].body
        else { return 0 }
        return 100
    }

    @inline(__always)
    private static func eveningDojiStar(_ w: CandleWindow) -> Double {
        guard w[2].isLong, w[2].isWhite, w[1].isDoji, w[1].isAbove(w[2]), w[0].isLong, w[0].isBlack,
            w[0].close < w[2].close - 0.3 * w[2].body
        else { return 0 }
        return -100
    }

    @inline(__always)
    private static func abandonedBaby(_ w: CandleWindow) -> Double {
        guard w[2].isLong, w[1].isDoji, w[0].isLong, w[0].sign == -w[2].sign,
            w[0].sign * (w[0].close - w[2].close) > 0.3 * w[2].body,
            (w[1].low > w[2].high && w[0].high < w[1].low && w[0].isBlack)
                || (w[1].high < w[2].low && w[0].low > w[1].high && w[0].isWhite)
        else { return 0 }
        return 100 * w[0].sign
    }

    @inline(__always)
    private static func triStar(_ w: CandleWindow) -> Double {
        guard w[2].isDoji, w[1].body <= w[2].tiny, w[0].body <= w[2].tiny,
            (w[1].isAbove(w[2]) && w[0].top < w[1].top) || (w[1].isBelow(w[2]) && w[0].bottom > w[1].bottom)
        else { return 0 }
        return w[1].isAbove(w[2]) ? -100 : 100
    }
}
