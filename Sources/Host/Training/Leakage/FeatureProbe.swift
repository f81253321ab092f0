import CivilTime
import HostCore
import PluginKit

/// Computes a model's features again over bars of another future, and compares.
///
/// What is computed again is bounded: `most` bars, of all instruments where columns compare them, else of eight.
package struct FeatureProbe {
    /// Bars that are computed again at most in each check, unless warm-ups need more.
    package static let most = 24_000

    private let data: TrainingData
    /// The indicators that the model reads, itself or through others.
    private let plan: FeaturePlan
    /// The model's columns that follow from bars.
    private let read: [String]
    /// Positions of the bars that are computed again, instrument after instrument.
    private let places: [Int]
    /// Their event times, ascending.
    private let times: [Int64]
    private let seed: UInt64

    /// Chooses the bars; features of the data are computed already.
    package init(_ data: TrainingData, _ plan: TrainingPlan, most: Int = most) {
        self.data = data
        self.plan = data.features.columns(behind: Set(plan.features))
        let made = Set(self.plan.schema.names)
        read = plan.features.filter(made.contains)
        places = Self.places(data, self.plan, most)
        times = places.map { data.bars[$0].time }.sorted()
        seed = plan.seed
    }

    private static func places(_ data: TrainingData, _ plan: FeaturePlan, _ most: Int) -> [Int] {
        let least = 2 * plan.warmUpLength + 64
        var runs: [Range<Int>] = []
        for place in data.bars.indices {
            if let last = runs.last, data.bars[last.lowerBound].instrument == data.bars[place].instrument {
                runs[runs.count - 1] = last.lowerBound..<place + 1
            } else {
                runs.append(place..<place + 1)
            }
        }
        guard runs.count > 1, data.bars.count > most else { return Array(data.bars.indices.prefix(max(most, least))) }
        if DerivedColumns(plan, names: plan.schema.names).comparesInstruments {
            let sorted = data.bars.map(\.time).sorted()
            let last = sorted[min(sorted.count, max(most, least * runs.count)) - 1]
            return data.bars.indices.filter { data.bars[$0].time <= last }
        }
        let count = min(8, runs.count)
        let chosen = (0..<count).map { runs[$0 * runs.count / count] }
        return chosen.flatMap { $0.prefix(max(most / count, least)) }
    }

    /// Makes every check of features.
    package func checks() -> [LeakageVerdict.Check] {
        guard !read.isEmpty, times.count > 2 else {
            return [LeakageVerdict.Kind.truncatedFeatures, .poisonedFeatures, .adjustedPrices].map {
                LeakageVerdict.Check($0, .skipped, "No feature follows from the bars.")
            }
        }
        return [truncated, poisoned, rescaled]
    }

    /// Without the last third, in deliveries of any size: what a pipeline sees live.
    private var truncated: LeakageVerdict.Check {
        let last = times[times.count * 2 / 3]
        var random = SplitMix(state: seed)
        let kept = places.filter { data.bars[$0].time <= last }
        return compare(
            .truncatedFeatures, kept.map { data.bars[$0] }, at: kept, through: last, "without the bars after it",
            piece: { 1 + random.next(below: 96) })
    }

    /// With other prices and volumes in the second half.
    private var poisoned: LeakageVerdict.Check {
        let last = times[times.count / 2]
        var random = SplitMix(state: seed ^ 0x5EED)
        let bars = places.map { place in
            var bar = data.bars[place]
            guard bar.time > last else { return bar }
            bar.scale(by: 0.4 + 1.6 * random.unit())
            bar.volume *= 3 * random.unit()
            return bar
        }
        return compare(.poisonedFeatures, bars, at: places, through: last, "with other bars after it")
    }

    /// At a quarter of the price, as a later split would have it: a power of two, which changes no digit.
    private var rescaled: LeakageVerdict.Check {
        guard places.contains(where: { data.bars[$0].flags.contains(.adjusted) }) else {
            return LeakageVerdict.Check(.adjustedPrices, .skipped, "Prices are not adjusted.")
        }
        let bars = places.map { place in
            var bar = data.bars[place]
            bar.scale(by: 0.25)
            return bar
        }
        return compare(
            .adjustedPrices, bars, at: places, through: .max, "had a later split divided all prices by 4",
            isSame: { abs($0 - $1) <= 1e-7 * max(abs($0), abs($1), 1e-6) })
    }

    /// Compares what the model learned from with what follows from other bars, up to an event time.
    private func compare(
        _ kind: LeakageVerdict.Kind, _ bars: [Bar], at places: [Int], through last: Int64, _ what: String,
        isSame: (Double, Double) -> Bool = { $0.bitPattern == $1.bitPattern }, piece: (() -> Int)? = nil
    ) -> LeakageVerdict.Check {
        let again = data.compute(plan, over: bars, at: places, piece: piece)
        var (rows, differing, byName) = (0, 0, [String: Int]())
        var first: String?
        let columns = read.compactMap { name in
            again.names.firstIndex(of: name).flatMap { place in data.column(name).map { (name, place, $0) } }
        }
        for (row, place) in places.enumerated() where data.bars[place].time <= last {
            var isOther = false
            for (name, column, learned) in columns {
                let (left, right) = (learned[place], again.values[row * again.names.count + column])
                guard !(left.isNaN && right.isNaN), !isSame(left, right) else { continue }
                isOther = true
                byName[name, default: 0] += 1
                if first == nil { first = "'\(name)' of \(self.name(of: place)) is \(left), and \(right) \(what)" }
            }
            rows += 1
            if isOther { differing += 1 }
        }
        let numbers: [String: Double?] = ["rows": Double(rows), "differing": Double(differing)]
        guard let first else { return LeakageVerdict.Check(kind, .pass, "", numbers) }
        let names = byName.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) (\($0.value))" }
        return LeakageVerdict.Check(
            kind, .fail, "\(first). Of \(rows) rows differ: \(names.prefix(8).joined(separator: ", ")).", numbers)
    }

    private func name(of place: Int) -> String {
        let bar = data.bars[place]
        return "\(data.instruments.instrument(bar.instrument)) at \(ISO8601.format(bar.time, decimals: 0))"
    }
}

extension Bar {
    fileprivate mutating func scale(by factor: Double) {
        open *= factor
        high *= factor
        low *= factor
        close *= factor
    }
}
