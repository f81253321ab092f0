public import PluginKit
public import TimeZones
public import TradingCalendars

/// An instrument and how local times of its rows are meant.
public struct RowTarget: Sendable {
    /// The instrument.
    public let reference: InstrumentReference
    /// The zone of local times.
    public let zone: Zone
    /// Local second of the day at which a bar with only a date ends.
    public let sessionClose: Int64
    /// Whether the venue rests on weekends.
    public let hasWeekend: Bool
    /// The sessions of the venue; `nil` where it has none known, or the configuration says how a day ends.
    public let calendar: TradingCalendar?

    /// Creates a target of what a source itself says of its sessions.
    public init(
        _ reference: InstrumentReference, zone: Zone, sessionClose: Int64, hasWeekend: Bool,
        calendar: TradingCalendar? = nil
    ) {
        self.reference = reference
        self.zone = zone
        self.sessionClose = sessionClose
        self.hasWeekend = hasWeekend
        self.calendar = calendar
    }

    /// What a configuration says of local times, in place of what is known of the venue.
    public struct Rules: Sendable {
        /// IANA name of the zone of all instruments.
        public var zoneName: String?
        /// Local second of the day at which a bar with only a date ends.
        public var sessionClose: Int64?
        /// Whether days end as the venue's calendar says.
        public var endsByCalendar: Bool

        /// Creates rules; by default the venue's own.
        public init(zoneName: String? = nil, sessionClose: Int64? = nil, endsByCalendar: Bool = true) {
            self.zoneName = zoneName
            self.sessionClose = sessionClose
            self.endsByCalendar = endsByCalendar
        }
    }

    /// Zone and session of each instrument, once per instrument; reads the machine's time zones and the calendars.
    ///
    /// Throws `.configuration` for a zone that is unknown, `.environment` where the machine lacks them; `owner` begins the
    /// message.
    public static func all(
        _ references: [InstrumentReference], _ rules: Rules = Rules(), owner: String
    ) throws(PluginError) -> [RowTarget] {
        var zones: [String: Zone] = [:]
        var targets: [RowTarget] = []
        var ids: Set<InstrumentID> = []
        let calendars = rules.endsByCalendar ? try? CalendarBook() : nil
        for reference in references where ids.insert(reference.id).inserted {
            let session = VenueSession(reference.instrument)
            let name = rules.zoneName ?? session.zoneName
            let zone: Zone
            if let known = zones[name] { zone = known } else { zone = try self.zone(name, owner) }
            zones[name] = zone
            targets.append(
                RowTarget(
                    reference, zone: zone, sessionClose: rules.sessionClose ?? session.close,
                    hasWeekend: session.hasWeekend,
                    calendar: session.hasWeekend ? calendars?.calendar(of: reference.instrument) : nil))
        }
        return targets
    }

    private static func zone(_ name: String, _ owner: String) throws(PluginError) -> Zone {
        do throws(ZoneError) { return try Zone(named: name) } catch {
            let code: PluginError.Code = error.code == .unknownZone ? .configuration : .environment
            throw PluginError(code, "\(owner): \(error.description)")
        }
    }
}
