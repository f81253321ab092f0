import PluginKit
import TimeZones
import TradingCalendars

/// An instrument and how local times of its rows are meant.
struct RowTarget: Sendable {
    let reference: InstrumentReference
    let zone: Zone
    /// Local second of the day at which a bar with only a date ends.
    let sessionClose: Int64
    /// Whether the venue rests on weekends.
    let hasWeekend: Bool
    /// The sessions of the venue; `nil` where it has none known, or the manifest says how a day ends.
    let calendar: TradingCalendar?

    /// Zone and session of each instrument, once per instrument.
    static func all(
        _ references: [InstrumentReference], _ options: HistoryOptions
    ) throws(PluginError) -> [RowTarget] {
        var zones: [String: Zone] = [:]
        var targets: [RowTarget] = []
        var ids: Set<InstrumentID> = []
        let calendars = options.endsByCalendar ? try? CalendarBook() : nil
        for reference in references where ids.insert(reference.id).inserted {
            let session = VenueSession(reference.instrument)
            let name = options.zoneName ?? session.zoneName
            let zone: Zone
            if let known = zones[name] { zone = known } else { zone = try self.zone(name, options) }
            zones[name] = zone
            targets.append(
                RowTarget(
                    reference: reference, zone: zone, sessionClose: options.sessionClose ?? session.close,
                    hasWeekend: session.hasWeekend,
                    calendar: session.hasWeekend ? calendars?.calendar(of: reference.instrument) : nil))
        }
        return targets
    }

    private static func zone(_ name: String, _ options: HistoryOptions) throws(PluginError) -> Zone {
        do throws(ZoneError) { return try Zone(named: name) } catch {
            let code: PluginError.Code = error.code == .unknownZone ? .configuration : .environment
            throw PluginError(code, "\(options.instance): \(error.description)")
        }
    }
}
