/// A date and time as a text gives it: the calendar day, the time of that day, and the offset where one is written.
public struct WrittenTime: Sendable, Hashable {
    /// Days after 1970-01-01, in the zone the text is written in.
    public var day: Int64
    /// Nanoseconds after that day's midnight; 24:00 is allowed.
    public var nanosecondOfDay: Int64
    /// Whether the text has a time of day; a plain date has none.
    public var hasTimeOfDay: Bool
    /// Seconds east of UTC, where written; counts of seconds since the Unix epoch have 0. `nil` is local time.
    public var offset: Int64?

    /// Creates a written time.
    public init(day: Int64, nanosecondOfDay: Int64 = 0, hasTimeOfDay: Bool = false, offset: Int64? = nil) {
        self.day = day
        self.nanosecondOfDay = nanosecondOfDay
        self.hasTimeOfDay = hasTimeOfDay
        self.offset = offset
    }

    /// The instants that are accepted: the years 1678...2261, months away from where 64-bit nanoseconds end, so that
    /// adding a span or an age to one never overflows.
    public static let instants: Range<Int64> = -9_214_560_000_000_000_000..<9_214_646_400_000_000_000

    /// Returns the instant in nanoseconds since the Unix epoch; `nil` outside `instants`.
    ///
    /// A local time is read in `zone` by the rule of `Zone.instant(ofLocal:)`.
    public func instant(in zone: Zone) -> Int64? {
        let (second, rest) = nanosecondOfDay.quotientAndRemainder(dividingBy: 1_000_000_000)
        let local = day * 86_400 + second
        let utc = offset.map { local - $0 } ?? zone.instant(ofLocal: local)
        let (nanoseconds, overflow) = utc.multipliedReportingOverflow(by: 1_000_000_000)
        let (sum, overflowOfSum) = nanoseconds.addingReportingOverflow(rest)
        return overflow || overflowOfSum || !Self.instants.contains(sum) ? nil : sum
    }

    /// Returns the calendar day the instant falls on in `zone`, in days after 1970-01-01.
    public func day(in zone: Zone) -> Int64 {
        guard let offset else { return day }
        let utc = day * 86_400 + nanosecondOfDay / 1_000_000_000 - offset
        let local = utc + zone.offset(at: utc)
        return (local >= 0 ? local : local - 86_399) / 86_400
    }
}
