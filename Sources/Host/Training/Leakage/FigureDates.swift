import CivilTime
import HostCore
import PluginKit

/// Looks whether figures beside the bars are dated by the period they are about: no report is published on the last day of its
/// quarter.
enum FigureDates {
    private static let day: Int64 = UTCTime.nanosecondsPerDay

    static func check(_ data: TrainingData, _ plan: TrainingPlan) -> LeakageVerdict.Check {
        var (dates, atEnd, names) = (0, 0, [String]())
        for name in data.features.origins(of: Set(plan.features)).sorted() {
            // An age of its own has what an indicator makes of figures; all else beside the bars has one for the input.
            let ages = [name, parent(of: name)].filter { $0.contains(".") }.map { "\($0).age" }
            guard let age = ages.lazy.compactMap({ data.column($0) }).first else { continue }
            var known: Set<Int64> = []
            for (place, bar) in data.bars.enumerated() where age[place].isFinite {
                known.insert((bar.time - Int64(age[place] * 1e9)) / 1_000_000_000)
            }
            let ends = known.count { isQuarterEnd($0 * 1_000_000_000) }
            guard known.count >= 4 else { continue }
            dates += known.count
            atEnd += ends
            if ends * 2 > known.count { names.append("\(name) (\(ends) of \(known.count))") }
        }
        guard dates > 0 else { return LeakageVerdict.Check(.figureDates, .skipped, "It reads no figures.") }
        let numbers: [String: Double?] = ["dates": Double(dates), "at_quarter_ends": Double(atEnd)]
        guard !names.isEmpty else { return LeakageVerdict.Check(.figureDates, .pass, "", numbers) }
        return LeakageVerdict.Check(
            .figureDates, .fail,
            "Figures are dated by the end of their period, when nobody knew them: \(names.joined(separator: ", ")) dates are "
                + "the last day of a quarter. Date them by their publication.", numbers)
    }

    private static func parent(of name: String) -> String {
        name.lastIndex(of: ".").map { String(name[..<$0]) } ?? ""
    }

    /// Whether a time lies on the last day of a quarter, or in the night after it.
    private static func isQuarterEnd(_ time: Int64) -> Bool {
        [time, time - day / 2].contains { time in
            let date = UTCTime(nanoseconds: time).date
            let next = UTCTime(nanoseconds: time + day).date
            return next.month != date.month && date.month % 3 == 0
        }
    }
}
