public import CivilTime
public import PluginKit
import TimeZones

/// Until when a company may keep a report back: from then on its figures count as public where the source does not say since when.
///
/// | Venue | Year | Half-year, quarter |
/// |---|---|---|
/// | SH, SZ, BJ | 30 April | 1st 30 April, half-year 31 August, 3rd 31 October |
/// | US | 90 days (10-K; 60 or 75 for larger companies) | 45 days (10-Q; 40 for larger companies) |
/// | HK | 4 months | 3 months |
/// | others | 4 months | 3 months |
///
/// The latest day holds for all, since no source says how large a company was: never before it could be known.
public enum FilingDeadline {
    /// The option of a provider whose source leaves days of publication out.
    public static let option = ConfigurationOption.choice(
        "undated", ["deadline", "refuse"], default: "deadline",
        "What becomes of a figure of which nobody says when it was published: it counts from the last day its venue allows for it, "
            + "flagged suspect; or it is refused.")

    /// Returns the last day for a report.
    ///
    /// - Parameters:
    ///   - end: the last day of its period.
    ///   - isAnnual: whether the period is, or ends with, a financial year.
    public static func day(after end: CivilDate, isAnnual: Bool, venue: String) -> CivilDate {
        switch venue {
        case "SH", "SZ", "BJ": mainland(end, isAnnual)
        case "US": working(CivilDate(daysSinceEpoch: end.daysSinceEpoch + (isAnnual ? 90 : 45)))
        default: months(isAnnual ? 4 : 3, after: end)
        }
    }

    /// Returns from when on figures of a period count as public, nanoseconds since the Unix epoch, UTC: the end of the day.
    public static func time(after end: CivilDate, isAnnual: Bool, _ target: RowTarget) -> Int64? {
        let day = day(after: end, isAnnual: isAnnual, venue: target.reference.instrument.venue)
        return RowTiming.endOfDay(WrittenTime(day: day.daysSinceEpoch), target)
    }

    /// What is told of a figure without a day, where such are refused.
    public static func refusal(of instrument: InstrumentID, _ place: String, _ end: String) -> Defect {
        Defect(
            instrument: instrument, place: place, reason: "undated",
            message:
                "nobody says when the figures of \(PluginError.quoted(end)) were published, and 'undated' is refuse.",
            raw: end)
    }

    private static func mainland(_ end: CivilDate, _ isAnnual: Bool) -> CivilDate {
        let (year, month, day) =
            switch (isAnnual, end.month) {
            case (false, 1...3): (end.year, 4, 30)
            case (false, 4...6): (end.year, 8, 31)
            case (false, 7...9): (end.year, 10, 31)
            default: (end.year + 1, 4, 30)
            }
        return CivilDate(year: year, month: month, day: day) ?? end
    }

    /// The last day of a month where the period ends with one.
    private static func months(_ count: Int, after end: CivilDate) -> CivilDate {
        let due = end.adding(months: count)
        guard end.day == CivilDate.length(ofMonth: end.month, year: end.year) else { return due }
        return CivilDate(
            year: due.year, month: due.month, day: CivilDate.length(ofMonth: due.month, year: due.year)) ?? due
    }

    /// A deadline on a weekend is the Monday after it.
    private static func working(_ day: CivilDate) -> CivilDate {
        switch day.weekday {
        case 6: CivilDate(daysSinceEpoch: day.daysSinceEpoch + 2)
        case 0: CivilDate(daysSinceEpoch: day.daysSinceEpoch + 1)
        default: day
        }
    }
}
