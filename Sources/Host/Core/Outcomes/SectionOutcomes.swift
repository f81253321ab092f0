import PluginKit
import PredictionTargets

/// What came of the instruments with a bar at the event time of a prediction: what an excess over their mean, and a rank among
/// them, is measured by.
///
/// Of a time those are counted whose horizon is over, and that a bar is not late at either end; each by the same measure, over
/// closes of accepted bars. What is over by an event time follows from the bars through it alone, since times are closed whole:
/// so the order in which instruments come means nothing, and a replay finds the same to the bit.
struct SectionOutcomes {
    /// What came of one instrument, with the event time that it was known at.
    private struct Entry {
        let end: Int64
        let value: Double
    }

    private struct Section {
        private var entries: [Entry] = []
        /// What was asked for last, as long as none was added since.
        private var last: (end: Int64, standing: SectionStanding)?

        mutating func add(_ entry: Entry) {
            entries.append(entry)
            last = nil
        }

        /// Those that were over by an event time; `nil` of fewer than two.
        mutating func over(by end: Int64) -> SectionStanding? {
            if let last, last.end == end { return last.standing }
            let known = entries.filter { $0.end <= end }
            guard known.count > 1 else { return nil }
            let standing = SectionStanding(known.map(\.value))
            last = (end, standing)
            return standing
        }
    }

    private struct Series {
        var closes: [Double] = []
        var times: [Int64] = []
        var isLate: [Bool] = []
    }

    private let target: Target
    private var series: [Series] = []
    private var sections: [Int64: Section] = [:]
    private var limit = 64

    init(_ target: Target) { self.target = target }

    /// Takes bars before any prediction of their times is settled; of `wanted` only where not every time is asked for.
    mutating func take(_ keys: [RowKey], wanted: Set<Int64>? = nil) {
        for key in keys {
            let place = Int(key.instrument.rawValue)
            while series.count <= place { series.append(Series()) }
            if key.flags.contains(.newLevel) { series[place] = Series() }
            add(key, to: &series[place])
            guard let (time, entry) = entry(series[place], key), wanted?.contains(time) ?? true else { continue }
            sections[time, default: Section()].add(entry)
        }
    }

    /// Takes what corrects a bar.
    mutating func correct(_ bar: Bar) {
        let place = Int(bar.instrument.rawValue)
        guard place < series.count, let index = series[place].times.lastIndex(of: bar.time) else { return }
        series[place].closes[index] = bar.close
    }

    /// What came, compared with what came of the others of a time and was over by an event time; `nil` where there is nothing to
    /// be compared with.
    mutating func compared(_ actual: Double, of time: Int64, by end: Int64) -> Double? {
        (sections[time]?.over(by: end)).map { $0.compared(actual, for: target) }
    }

    /// Whether it holds so many times that those which nobody asks for are worth looking for.
    var isFull: Bool { sections.count >= limit }

    /// Forgets all times but these.
    mutating func keep(_ times: Set<Int64>) {
        sections = sections.filter { times.contains($0.key) }
        limit = 2 * sections.count + 64
    }

    private func add(_ key: RowKey, to own: inout Series) {
        own.closes.append(key.price)
        own.times.append(key.time)
        own.isLate.append(key.flags.contains(.late))
        let needed = 2 * target.horizon + 1
        guard own.closes.count >= 2 * needed + 64 else { return }
        let count = own.closes.count - needed
        own.closes.removeFirst(count)
        own.times.removeFirst(count)
        own.isLate.removeFirst(count)
    }

    /// What the last bar completes, with the event time it counts at.
    private func entry(_ own: Series, _ key: RowKey) -> (Int64, Entry)? {
        let index = own.closes.count - 1 - target.horizon
        guard index >= 0, !own.isLate[index], own.isLate.last == false, target.trailing(own.closes, at: index) != nil,
            let value = target.label(own.closes, at: index)
        else { return nil }
        return (own.times[index], Entry(end: key.time, value: value))
    }
}
