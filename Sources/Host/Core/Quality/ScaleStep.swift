/// A step that the bars after it confirm or refute.
struct ScaleStep {
    /// What is known of its bars, the first one included: as many as a step must hold.
    private typealias Bars = InlineArray<5, Double>

    private let first: PriceLevel
    private let isOfVolume: Bool
    /// The first price of the first bar over the last one before.
    private let gap: Double
    private let firstRange: Double
    private let usual: (move: Double, range: Double, volume: Double)
    private var closes = Bars(repeating: .nan)
    private var volumes = Bars(repeating: .nan)
    /// Of the bars after the first.
    private var moves = Bars(repeating: .nan)
    private var count = 1

    init(
        _ new: ScaleSample, of event: some CheckedEvent, before: Double, isOfVolume: Bool, move: Double, range: Double,
        volume: Double
    ) {
        first = PriceLevel(first: event, before: before)
        self.isOfVolume = isOfVolume
        gap = new.open / before
        firstRange = new.high / new.low - 1
        usual = (move, range, volume)
        (closes[0], volumes[0]) = (new.close, new.volume)
    }

    /// Whether it has as many bars as a step must hold.
    var isComplete: Bool { count == closes.count }

    mutating func take(_ new: ScaleSample, move: Double) {
        (closes[count], volumes[count], moves[count]) = (new.close, new.volume, move)
        count += 1
    }

    /// What it is, where it is one of scale.
    var level: PriceLevel? {
        let volume = Ratio.median(of: count) { volumes[$0] } / usual.volume
        guard volume.isFinite, volume > 0, let change = isOfVolume ? volumeChange(volume) : priceChange(volume) else {
            return nil
        }
        return PriceLevel(first, change: change, volume: volume)
    }

    private func volumeChange(_ volume: Double) -> ScaleChange? {
        let isHeld = (0..<count).allSatisfy { (20..<500).contains(Ratio.far(volumes[$0], usual.volume)) }
        return isHeld && Ratio.far(Ratio.far(volume), 100) < 2 ? .volumeUnit : nil
    }

    private func priceChange(_ volume: Double) -> ScaleChange? {
        let (whole, end) = (closes[0] / first.before, closes[count - 1] / first.before)
        // The bars after it end within the square root of the gap, and the gap is most of the step.
        let isHeld =
            Ratio.power(Ratio.far(end, gap), 2) <= Ratio.far(gap)
            && Ratio.power(Ratio.far(gap), 5) >= Ratio.power(Ratio.far(whole), 3)
        let isCalm = firstRange < 4 * usual.range && Ratio.median(of: count - 1, { moves[$0 + 1] }) < 4 * usual.move
        return isHeld && isCalm ? ScaleChange.named(price: gap, volume: volume) : nil
    }
}
