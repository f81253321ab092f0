public import EventTiming
public import FetchAssembly
public import PluginKit
import TimeZones

/// Turns factors that add up from the listing on (price times factor is comparable over all days) into what happened between
/// two of them.
///
/// A step is the ratio of a factor to the one before it: shares after for one share before, cash paid out counted as shares
/// bought with it. What of it was a split and what a dividend, such sources do not say.
public enum FactorSteps {
    /// A factor as the source writes it, and the day from which on it holds.
    public struct Entry: Sendable {
        let day: String
        let value: String

        /// Creates an entry.
        public init(day: String, value: String) { (self.day, self.value) = (day, value) }
    }

    /// Returns the steps, oldest first; what cannot be read is a defect, see `values`.
    public static func factors(_ entries: [Entry], _ target: RowTarget, place: String) -> FetchedEvents<Factor> {
        let read = values(entries, target, place: place)
        let steps = zip(read.values, read.values.dropFirst()).filter { $0.value != $1.value }.map { before, after in
            Factor(time: after.time, ratio: after.value / before.value, instrument: target.reference.id)
        }
        return FetchedEvents(steps, defects: read.defects)
    }

    /// Returns the factors and from when on each holds, oldest first; entries come in any order, one that cannot be read is a
    /// defect at its number in `place`.
    public static func values(
        _ entries: [Entry], _ target: RowTarget, place: String
    ) -> (values: [(time: Int64, value: Double)], defects: [Defect]) {
        var values: [(time: Int64, value: Double)] = []
        var defects: [Defect] = []
        let timing = RowTiming(.effective, Timeframe(1, .day), isStart: false)
        for (number, entry) in entries.enumerated() {
            let written = TimePattern.detect(entry.day.utf8.span)?.parse(entry.day.utf8.span)
            if let time = written.flatMap({ timing.time($0, target) }), let value = Double(entry.value),
                value.isFinite, value > 0
            {
                values.append((time, value))
            } else {
                defects.append(
                    Defect(
                        instrument: target.reference.id, place: "\(place):\(number + 1)", reason: "unreadable_factor",
                        message: "a date and a factor above 0 are needed.", raw: "\(entry.day),\(entry.value)"))
            }
        }
        return (values.sorted { $0.time < $1.time }, defects)
    }
}
