public import PluginKit
import TimeZones

/// All calendars, read once, and which venue has which.
///
/// Reading takes about a millisecond and needs the machine's time zone database; a calendar whose zone is missing there
/// is left out, and asking for it says why.
public struct CalendarBook: Sendable {
    private let calendars: [String: Result<TradingCalendar, CalendarError>]
    /// The names of the calendars, in the table's order.
    public let names: [String]

    /// Reads the embedded table; throws where it is damaged.
    public init() throws(CalendarError) {
        let tables = try CalendarTableReader.read(String(decoding: PackageResources.calendars_txt, as: UTF8.self))
        names = tables.map(\.name)
        var calendars: [String: Result<TradingCalendar, CalendarError>] = [:]
        for table in tables { calendars[table.name] = Self.calendar(table) }
        self.calendars = calendars
    }

    /// Returns a calendar by its name (`XNYS`, `24/7`), or by the name of a venue that has it (`XNAS`, `US`, `BINANCE`).
    ///
    /// - Throws: `.unknownCalendar`, or `.zone` where the machine lacks the venue's time zone.
    public func calendar(named name: String) throws(CalendarError) -> TradingCalendar {
        guard let result = calendars[Self.venues[name] ?? name] else {
            throw CalendarError(
                .unknownCalendar,
                "no calendar \(PluginError.quoted(name)). Known: \(names.joined(separator: ", ")), and the venues "
                    + "\(Self.venues.keys.sorted().joined(separator: ", ")).")
        }
        return try result.get()
    }

    /// Returns the calendar of an instrument's venue; `nil` where the venue has none here.
    public func calendar(of instrument: Instrument) -> TradingCalendar? {
        guard let name = Self.venues[instrument.venue], case .success(let calendar) = calendars[name] else {
            return nil
        }
        return calendar
    }

    /// Calendars that cannot be used, with the reason.
    public var faults: [CalendarError] {
        names.compactMap { name in
            if case .failure(let error) = calendars[name] { error } else { nil }
        }
    }

    private static func calendar(_ table: CalendarTable) -> Result<TradingCalendar, CalendarError> {
        do throws(ZoneError) {
            return .success(TradingCalendar(table, zone: try Zone(named: table.zone)))
        } catch {
            return .failure(CalendarError(.zone, "calendar \(table.name): \(error.description)"))
        }
    }
}

extension CalendarBook {
    /// The calendar of each venue, by the names that `Instrument` uses, exchange codes (MIC) and common names.
    ///
    /// Shenzhen and Beijing trade on Shanghai's days and hours.
    static let venues: [String: String] = {
        let groups: [(calendar: String, venues: String)] = [
            ("XSHG", "SH SZ BJ XSHG XSHE BJSE"), ("XHKG", "HK XHKG"),
            ("XNYS", "US XNYS XNAS XASE ARCX BATS NYSE NASDAQ"), ("XTKS", "JP XTKS TSE TYO"),
            ("XLON", "UK GB XLON LSE LON"),
            (
                "24/7",
                "CRYPTO BINANCE BITFINEX BITGET BITMEX BITSTAMP BYBIT COINBASE DERIBIT GATE GATEIO GEMINI HTX HUOBI "
                    + "KRAKEN KUCOIN MEXC OKX UPBIT"
            ),
        ]
        var venues: [String: String] = [:]
        for group in groups {
            for venue in group.venues.split(separator: " ") { venues[String(venue)] = group.calendar }
        }
        return venues
    }()
}
