import PluginKit

// Two bars.
extension CandleShape {
    static let pairs = [
        CandleShape("engulfing", 3, "A body around an opposite one; 80 where both meet at an end.", [], engulfing),
        CandleShape("harami", 12, "A short body within a long one; 80 where both meet at an end.", [.body], harami),
        CandleShape(
            "harami_cross", 12, "A doji within a long body; 80 where both meet at an end.", [.body, .span], haramiCross),
        CandleShape("doji_star", 12, "A doji beyond a long body.", [.body, .span], dojiStar),
        CandleShape(
            "counterattack", 12, "Two long opposite bodies that close at the same price.", [.body, .shortSpan],
            counterattack),
        CandleShape(
            "dark_cloud_cover", 12, "A fall from above a long rise to below its middle.", [.body], darkCloudCover),
        CandleShape("piercing", 12, "A long rise from below a long fall to above its middle.", [.body], piercing),
        CandleShape("homing_pigeon", 12, "A short fall within a long one.", [.body], homingPigeon),
        CandleShape(
            "in_neck", 12, "A rise from below a long fall that ends at its close.", [.body, .shortSpan], inNeck),
        CandleShape("on_neck", 12, "A rise from below a long fall that ends at its low.", [.body, .shortSpan], onNeck),
        CandleShape(
            "thrusting", 12, "A rise from below a long fall that ends within the lower half of its body.",
            [.body, .shortSpan], thrusting),
        CandleShape("kicking", 12, "A marubozu that gaps away from an opposite one.", [.body, .span], kicking),
        CandleShape(
            "kicking_by_length", 12, "Kicking, with the sign of the longer body.", [.body, .span], kickingByLength),
        CandleShape("matching_low", 7, "Two falls that close at the same price.", [.shortSpan], matchingLow),
        CandleShape(
            "separating_lines", 12, "A long body that opens where the opposite one before it did.",
            [.body, .span, .shortSpan], separatingLines),
    ]

    @inline(__always)
    private static func engulfing(_ w: CandleWindow) -> Double {
        guard w[0].sign == -w[1].sign, w[0].top >= w[1].top, w[0].bottom <= w[1].bottom,
            w[0].top > w[1].top || w[0].bottom < w[1].bottom
        else { return 0 }
        return w[0].sign * (w[0].open != w[1].close && w[0].close != w[1].open ? 100 : 80)
    }

    @inline(__always)
    private static func harami(_ w: CandleWindow) -> Double {
        guard w[1].isLong, w[0].body <= w[0].bodyMean, w[0].top <= w[1].top,
            w[0].bottom >= w[1].bottom
        else { return 0 }
        return -w[1].sign * (w[0].top < w[1].top && w[0].bottom > w[1].bottom ? 100 : 80)
    }

    @inline(__always)
    private static func haramiCross(_ w: CandleWindow) -> Double {
        guard w[1].isLong, w[0].isDoji, w[0].top <= w[1].top, w[0].bottom >= w[1].bottom else { return 0 }
        return -w[1].sign * (w[0].top < w[1].top && w[0].bottom > w[1].bottom ? 100 : 80)
    }

    @inline(__always)
    private static func dojiStar(_ w: CandleWindow) -> Double {
        guard w[1].isLong, w[0].isDoji, w[0].gaps(w[1].sign, from: w[1]) else { return 0 }
        return -100 * w[1].sign
    }

    @inline(__always)
    private static func counterattack(_ w: CandleWindow) -> Double {
        guard w[0].sign == -w[1].sign, w[1].isLong, w[0].isLong,
            (w[0].close - w[1].close).magnitude <= w[1].equal
        else { return 0 }
        return 100 * w[0].sign
    }

    @inline(__always)
    private static func darkCloudCover(_ w: CandleWindow) -> Double {
        guard w[1].isWhite, w[1].isLong, w[0].isBlack, w[0].open > w[1].high, w[0].close > w[1].open,
            w[0].close < w[1].close - 0.5 * w[1].body
        else { return 0 }
        return -100
    }

    @inline(__always)
    private static func piercing(_ w: CandleWindow) -> Double {
        guard w[1].isBlack, w[1].isLong, w[0].isWhite, w[0].isLong, w[0].open < w[1].low, w[0].close < w[1].open,
            w[0].close > w[1].close + 0.5 * w[1].body
        else { return 0 }
        return 100
    }

    @inline(__always)
    private static func homingPigeon(_ w: CandleWindow) -> Double {
        guard w[1].isBlack, w[0].isBlack, w[1].isLong, w[0].body <= w[0].bodyMean, w[0].open < w[1].open,
            w[0].close > w[1].close
        else { return 0 }
        return 100
    }

    @inline(__always)
    private static func inNeck(_ w: CandleWindow) -> Double {
        guard w[1].isBlack, w[1].isLong, w[0].isWhite, w[0].open < w[1].low, w[0].close <= w[1].close + w[1].equal,
            w[0].close >= w[1].close
        else { return 0 }
        return -100
    }

    @inline(__always)
    private static func onNeck(_ w: CandleWindow) -> Double {
        guard w[1].isBlack, w[1].isLong, w[0].isWhite, w[0].open < w[1].low,
            (w[0].close - w[1].low).magnitude <= w[1].equal
        else { return 0 }
        return -100
    }

    @inline(__always)
    private static func thrusting(_ w: CandleWindow) -> Double {
        guard w[1].isBlack, w[1].isLong, w[0].isWhite, w[0].open < w[1].low, w[0].close > w[1].close + w[1].equal,
            w[0].close <= w[1].close + 0.5 * w[1].body
        else { return 0 }
        return -100
    }

    @inline(__always)
    private static func kicking(_ w: CandleWindow) -> Double {
        guard w[0].kicks(from: w[1]) else { return 0 }
        return 100 * w[0].sign
    }

    @inline(__always)
    private static func kickingByLength(_ w: CandleWindow) -> Double {
        guard w[0].kicks(from: w[1]) else { return 0 }
        return 100 * (w[0].body > w[1].body ? w[0] : w[1]).sign
    }

    @inline(__always)
    private static func matchingLow(_ w: CandleWindow) -> Double {
        guard w[1].isBlack, w[0].isBlack, (w[0].close - w[1].close).magnitude <= w[1].equal else { return 0 }
        return 100
    }

    @inline(__always)
    private static func separatingLines(_ w: CandleWindow) -> Double {
        guard w[0].sign == -w[1].sign, (w[0].open - w[1].open).magnitude <= w[1].equal, w[0].isLong,
            w[0].openingShadow < w[0].tiny
        else { return 0 }
        return 100 * w[0].sign
    }
}
