import CivilTime
public import PluginKit
import RollingStatistics

/// Where in the day, week, month and year the end of a bar lies.
///
/// ## Formula
/// ```
/// local = time of the bar + 3600 s * utc_offset
/// minute_of_day = 60 * hour + minute        day_of_week: Monday 0 ... Sunday 6        quarter = (month - 1) / 3 + 1
/// ```
///
/// | | |
/// |---|---|
/// | Input | time of a bar |
/// | Output | numbers of the calendar, as the outputs say |
/// | Parameters | `utc_offset`: -12 ... 14 hours, default 0 |
/// | Warm-up | 1 bar |
/// | Cost | O(1) time, no memory |
/// | Undefined | never |
///
/// Bars end in UTC: the offset shifts them to the clock of a venue without summer time (8: Shanghai). Checked against:
/// pandas (`DatetimeIndex`), equal.
public struct CalendarFeatures: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "calendar", "Place in the day, week, month and year of a bar's end.",
        [
            .number("utc_offset", -12...14, default: 0, unit: "hours", "Hours that the venue's clock is ahead of UTC.")
        ],
        outputs: [
            OutputColumn("minute_of_day", unit: "0...1439", "Minutes since midnight."),
            OutputColumn("day_of_week", unit: "0...6", "Monday 0, Sunday 6."),
            OutputColumn("day_of_month", unit: "1...31", "Day of the month."),
            OutputColumn("days_to_month_end", unit: "0...30", "Days until the last of the month."),
            OutputColumn("day_of_year", unit: "1...366", "Day of the year."),
            OutputColumn("month", unit: "1...12", "Month."),
            OutputColumn("quarter", unit: "1...4", "Quarter of the year."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        let offset: Int64

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            offset = Int64(try options.number("utc_offset") * 3_600)
        }

        var warmUpLength: Int { 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let seconds = bar.time.flooredDivision(by: 1_000_000_000).quotient + offset
            let (days, second) = seconds.flooredDivision(by: 86_400)
            let date = CivilDate(daysSinceEpoch: days)
            let newYear = CivilDate(year: date.year, month: 1, day: 1) ?? date
            row[0] = Double(second / 60)
            row[1] = Double((date.weekday + 6) % 7)
            row[2] = Double(date.day)
            row[3] = Double(CivilDate.length(ofMonth: date.month, year: date.year) - date.day)
            row[4] = Double(days - newYear.daysSinceEpoch + 1)
            row[5] = Double(date.month)
            row[6] = Double((date.month - 1) / 3 + 1)
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {}
    }
}
