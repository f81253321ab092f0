import PluginKit
import RollingStatistics

extension Bar {
    /// Volume times where the close lies in its bar: all of it at the high, none in the middle, all of it negative at the low.
    @inline(__always) var moneyFlow: Double {
        high > low ? ((close - low) - (high - close)) / (high - low) * volume : 0
    }

    /// Whether range and volume are numbers a kernel can take, and the flow too.
    @inline(__always) var hasUsableFlow: Bool { hasUsableRange && hasUsableVolume && moneyFlow.isUsable }
}

extension BarBlock {
    /// Writes money flows and volumes to columns; returns whether a kernel can take all of them.
    @inline(__always)
    func copyFlow(_ flows: NumberColumn, _ volumes: NumberColumn) -> Bool {
        withThreeColumns { highs, lows, closes in
            guard copyRange(highs, lows, closes), copyVolume(volumes) else { return false }
            var unusable = 0
            for index in 0..<count {
                let (high, low, close) = (highs[index], lows[index], closes[index])
                let flow = ((close - low) - (high - close)) / (high - low) * volumes[index]
                flows[index] = high > low ? flow : 0
                unusable |= flows[index].isUsable ? 0 : 1
            }
            return unusable == 0
        }
    }
}

/// An index that follows the price in those bars alone whose volume fell, or rose.
struct VolumeIndex: Sendable {
    /// Which bars count.
    enum Side: Sendable {
        case falling, rising
    }

    let side: Side
    private(set) var value = 1_000.0
    private var close = Double.nan
    private var volume = Double.nan

    init(_ side: Side) { self.side = side }

    /// Takes a bar; returns whether it was accepted.
    @inline(__always)
    mutating func push(_ bar: Bar) -> Bool {
        guard bar.close.isUsable, bar.hasUsableVolume else { return false }
        let counts = side == .falling ? bar.volume < volume : bar.volume > volume
        let next = value * (bar.close / close)
        if counts, bar.close > 0, close > 0, next.isUsable, next.isNormal { value = next }
        close = bar.close
        volume = bar.volume
        return true
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try state.number(&value)
        try state.numberOrNone(&close)
        try state.numberOrNone(&volume)
    }
}
