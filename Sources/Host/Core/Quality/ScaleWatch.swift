import PluginKit

/// The numbers of an event in which its scale shows.
package struct ScaleSample: Sendable {
    let open, high, low, close, volume: Double
}

/// Knows what is usual of each instrument's last bars, and so which move stands out and which step of the level is one of scale.
///
/// It refuses nothing and changes nothing: a crash stands out, and goes through. A step is named once the bars after it hold it, by
/// what trading does not do: the gap lies between two bars, the days around it are calm, and the volume says the opposite of the
/// price (a split), the same (a splice) or nothing (a unit). A bar costs two divisions and a few stores; medians are taken only of
/// moves that are large in any case. Nothing is allocated.
struct ScaleWatch {
    /// Bars that say what is usual.
    static let window = 20
    /// A move below it never stands out.
    private static let smallestMove = 0.05
    /// A step below it is never one of scale.
    private static let smallestStep = 0.3
    /// Added to what is usual, so that an instrument that hardly moves has no outlier each day.
    static let floor = 0.002

    private let rules: QualityRules
    /// An instrument's moves, ranges and volumes, a ring of `window` each.
    private var rings: [Float] = []
    private var seen: [Int]
    private var steps: [Int: ScaleStep] = [:]
    /// Whether an instrument has a step: looked at for each bar.
    private var hasStep: [Bool]

    init(slots: Int, rules: QualityRules) {
        self.rules = rules
        seen = Array(repeating: 0, count: slots)
        hasStep = Array(repeating: false, count: slots)
    }

    /// Notes an accepted event; returns whether its move stands out, and the step that it confirms.
    mutating func take(
        _ new: ScaleSample, of event: some CheckedEvent, after before: Double, _ slot: Int
    ) -> (isOutlier: Bool, found: PriceLevel?) {
        guard !rules.hasAnySign else { return (false, nil) }
        if rings.isEmpty { rings = Array(repeating: 0, count: seen.count * 3 * Self.window) }
        let move = Ratio.far(new.close, before) - 1
        if hasStep[slot] {
            put(new, move: move, slot)
            return (false, follow(new, move, slot))
        }
        guard seen[slot] >= Self.window else {
            put(new, move: move, slot)
            return (false, nil)
        }
        let isFar = move > Self.smallestMove
        let isOutlier = isFar && move > rules.thresholds(of: event.instrument).maxMove * usual(0, slot)
        // What passes `max_jump` was named when it was taken up.
        let isStep =
            isOutlier && move > Self.smallestStep && move < rules.thresholds(of: event.instrument).maxJump - 1
        if isStep || (move < Self.smallestStep && isOtherVolume(new, slot)) {
            steps[slot] = ScaleStep(
                new, of: event, before: before, isOfVolume: !isStep, move: usual(0, slot), range: usual(1, slot),
                volume: usual(2, slot))
            hasStep[slot] = true
            return (isOutlier, nil)
        }
        put(new, move: move, slot)
        return (isOutlier, nil)
    }

    /// Returns the level that events took up which the stage held back; it is named by what was usual before.
    func level<Event: CheckedEvent>(_ events: [Event], before: Double, _ slot: Int) -> PriceLevel {
        let first = PriceLevel(first: events[0], before: before)
        let volumes = events.compactMap { $0.scale?.volume }
        guard !volumes.isEmpty, !rings.isEmpty, seen[slot] > 0 else { return first }
        let volume = Ratio.median(of: volumes.count, { volumes[$0] }) / usual(2, slot)
        return PriceLevel(first, change: ScaleChange(price: first.price / before, volume: volume), volume: volume)
    }

    /// Returns how many of the first events of an instrument are at another scale than those that came with them, and the price
    /// of these; few before many, told apart by the volume, so that no company's first days are meant.
    static func strays<Event: CheckedEvent>(_ first: [Event], _ rules: QualityRules) -> (count: Int, level: Double)? {
        func follows(_ place: Int) -> Bool {
            rules.allows(first[place].price, after: first[place - 1].price, of: first[place].instrument)
        }
        guard let cut = (1..<first.count).first(where: { !follows($0) }),
            cut < 5, first.count - cut > cut, first.count - cut > QualityRules.levelLength,
            (cut + 1..<first.count).allSatisfy(follows)
        else { return nil }
        func volume(_ events: ArraySlice<Event>) -> Double {
            let volumes = events.compactMap { $0.scale?.volume }
            return Ratio.median(of: volumes.count) { volumes[$0] }
        }
        let change = ScaleChange(
            price: first[cut].price / first[cut - 1].price, volume: volume(first[cut...]) / volume(first[..<cut]))
        return change == .splice ? (cut, first[cut].price) : nil
    }

    /// Looks at what follows a step.
    private mutating func follow(_ new: ScaleSample, _ move: Double, _ slot: Int) -> PriceLevel? {
        guard var step = steps.removeValue(forKey: slot) else { return nil }
        step.take(new, move: move)
        hasStep[slot] = !step.isComplete
        guard hasStep[slot] else { return step.level }
        steps[slot] = step
        return nil
    }

    /// Whether the volume is so far from what was usual, and that so steady, that its unit may have changed.
    private func isOtherVolume(_ new: ScaleSample, _ slot: Int) -> Bool {
        let newest = Double(rings[place(2, slot) + (seen[slot] + Self.window - 1) % Self.window])
        guard new.volume > 0, newest > 0, new.volume > 10 * newest || newest > 10 * new.volume,
            let (least, most) = steadyRange(2, slot), new.volume >= 25 * least || most >= 25 * new.volume
        else { return false }
        return (25..<400).contains(Ratio.far(new.volume, usual(2, slot)))
    }

    /// The least and the largest number of a ring, where they lie within a factor of 30; most that do not show it in the first few.
    private func steadyRange(_ ring: Int, _ slot: Int) -> (least: Double, most: Double)? {
        let start = place(ring, slot)
        var (least, most) = (Float.infinity, -Float.infinity)
        for number in rings[start..<start + min(seen[slot], Self.window)] {
            (least, most) = (min(least, number), max(most, number))
            guard least > 0, most < 30 * least else { return nil }
        }
        return (Double(least), Double(most))
    }

    private mutating func put(_ new: ScaleSample, move: Double, _ slot: Int) {
        let position = place(0, slot) + seen[slot] % Self.window
        rings[position] = Float(move)
        rings[position + Self.window] = Float(new.high / new.low - 1)
        rings[position + 2 * Self.window] = Float(new.volume)
        // Stays in one turn of the ring once it is full: only the place in it matters then.
        seen[slot] = seen[slot] + 1 < 2 * Self.window ? seen[slot] + 1 : Self.window
    }

    private func place(_ ring: Int, _ slot: Int) -> Int { (slot * 3 + ring) * Self.window }

    private func usual(_ ring: Int, _ slot: Int) -> Double {
        let start = place(ring, slot)
        let median = Ratio.median(of: min(seen[slot], Self.window)) { Double(rings[start + $0]) }
        return median + (ring < 2 ? Self.floor : 0)
    }
}
