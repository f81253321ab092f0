/// The last five bars; 0 is the newest.
struct CandleWindow {
    let place: UnsafePointer<Double>
    let stride: Int

    @inline(__always) subscript(_ age: Int) -> Candle { Candle(place - age, stride: stride) }

    /// What came of breaks out of inside bars.
    var hikkake: Double { place[8 &* stride] }
    var modified: Double { place[9 &* stride] }

    /// Whether a bar lies within the range of the one before it.
    func isInside(_ age: Int) -> Bool {
        self[age].high < self[age + 1].high && self[age].low > self[age + 1].low
    }

    /// 1 where the newest bar broke out downwards, so that a rise is expected; -1 upwards; 0 where it did not.
    var breakout: Double {
        if self[0].high < self[1].high, self[0].low < self[1].low { return 1 }
        return self[0].high > self[1].high && self[0].low > self[1].low ? -1 : 0
    }

    /// As `breakout`, out of the second of two inside bars of which the first closed near its end.
    var modifiedBreakout: Double {
        guard isInside(1), isInside(2) else { return 0 }
        let first = self[2]
        switch breakout {
        case 1: return first.close <= first.low + first.near ? 1 : 0
        case -1: return first.close >= first.high - first.near ? -1 : 0
        default: return 0
        }
    }
}
