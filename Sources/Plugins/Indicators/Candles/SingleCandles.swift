import PluginKit

// One bar: where its body and its shadows are long or short.
extension CandleShape {
    static let singles = [
        CandleShape("doji", 11, "Open and close are nearly the same.", [.span], doji),
        CandleShape("dragonfly_doji", 11, "A doji with a lower shadow only.", [.span], dragonflyDoji),
        CandleShape("gravestone_doji", 11, "A doji with an upper shadow only.", [.span], gravestoneDoji),
        CandleShape("long_legged_doji", 11, "A doji with a long shadow.", [.span], longLeggedDoji),
        CandleShape(
            "rickshaw_man", 11, "A doji with two long shadows and its body in the middle.", [.span, .shortSpan],
            rickshawMan),
        CandleShape("takuri", 11, "A dragonfly doji with a very long shadow.", [.span], takuri),
        CandleShape("high_wave", 11, "A short body between two very long shadows.", [.body], highWave),
        CandleShape("spinning_top", 11, "A short body between two longer shadows.", [.body], spinningTop),
        CandleShape("long_line", 11, "A long body with short shadows.", [.body, .shadow], longLine),
        CandleShape("short_line", 11, "A short body with short shadows.", [.body, .shadow], shortLine),
        CandleShape("marubozu", 11, "A long body with hardly any shadow.", [.body, .span], marubozu),
        CandleShape("closing_marubozu", 11, "A long body that closes at its end.", [.body, .span], closingMarubozu),
        CandleShape("belt_hold", 11, "A long body that opens at its end.", [.body, .span], beltHold),
    ]

    @inline(__always)
    private static func doji(_ w: CandleWindow) -> Double {
        guard w[0].isDoji else { return 0 }
        return 100
    }

    @inline(__always)
    private static func dragonflyDoji(_ w: CandleWindow) -> Double {
        guard w[0].isDoji, w[0].upper < w[0].tiny, w[0].lower > w[0].tiny else { return 0 }
        return 100
    }

    @inline(__always)
    private static func gravestoneDoji(_ w: CandleWindow) -> Double {
        guard w[0].isDoji, w[0].lower < w[0].tiny, w[0].upper > w[0].tiny else { return 0 }
        return 100
    }

    @inline(__always)
    private static func longLeggedDoji(_ w: CandleWindow) -> Double {
        guard w[0].isDoji, w[0].lower > w[0].body || w[0].upper > w[0].body else { return 0 }
        return 100
    }

    @inline(__always)
    private static func rickshawMan(_ w: CandleWindow) -> Double {
        guard w[0].isDoji, w[0].lower > w[0].body, w[0].upper > w[0].body,
            w[0].bottom <= w[0].low + w[0].span / 2 + w[0].near,
            w[0].top >= w[0].low + w[0].span / 2 - w[0].near
        else { return 0 }
        return 100
    }

    @inline(__always)
    private static func takuri(_ w: CandleWindow) -> Double {
        guard w[0].isDoji, w[0].upper < w[0].tiny, w[0].lower > 2 * w[0].body else { return 0 }
        return 100
    }

    @inline(__always)
    private static func highWave(_ w: CandleWindow) -> Double {
        guard w[0].isShort, w[0].upper > 2 * w[0].body, w[0].lower > 2 * w[0].body else { return 0 }
        return 100 * w[0].sign
    }

    @inline(__always)
    private static func spinningTop(_ w: CandleWindow) -> Double {
        guard w[0].isShort, w[0].upper > w[0].body, w[0].lower > w[0].body else { return 0 }
        return 100 * w[0].sign
    }

    @inline(__always)
    private static func longLine(_ w: CandleWindow) -> Double {
        guard w[0].isLong, w[0].upper < w[0].shortShadow, w[0].lower < w[0].shortShadow else { return 0 }
        return 100 * w[0].sign
    }

    @inline(__always)
    private static func shortLine(_ w: CandleWindow) -> Double {
        guard w[0].isShort, w[0].upper < w[0].shortShadow, w[0].lower < w[0].shortShadow else { return 0 }
        return 100 * w[0].sign
    }

    @inline(__always)
    private static func marubozu(_ w: CandleWindow) -> Double {
        guard w[0].isLong, w[0].upper < w[0].tiny, w[0].lower < w[0].tiny else { return 0 }
        return 100 * w[0].sign
    }

    @inline(__always)
    private static func closingMarubozu(_ w: CandleWindow) -> Double {
        guard w[0].isLong, w[0].closingShadow < w[0].tiny else { return 0 }
        return 100 * w[0].sign
    }

    @inline(__always)
    private static func beltHold(_ w: CandleWindow) -> Double {
        guard w[0].isLong, w[0].openingShadow < w[0].tiny else { return 0 }
        return 100 * w[0].sign
    }
}
