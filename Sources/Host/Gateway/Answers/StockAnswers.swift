import CivilTime
import HostCore
import JSONWriting
import PluginKit
import TradingCalendars

/// `/api/v2/stocks` and what is known of one instrument besides its history: its venue's calendar.
struct StockAnswers: Sendable {
    /// How many instruments one answer holds.
    static let limit = Parameter("limit", .count(1...10_000), standard: "1000")
    /// The parameters of the calendar.
    static let days = [
        Parameter("from", .day, standard: "the day of the instrument's last event, else 'to'"),
        Parameter("to", .day, standard: "\(usualDays - 1) days after 'from'"),
    ]
    private static let usualDays: Int64 = 14
    private static let mostDays: Int64 = 3_660

    private let view: HostView
    private let calendars: CalendarBook?

    /// Creates the routes over a host; without calendars no venue has one.
    init(_ view: HostView, _ calendars: CalendarBook?) { (self.view, self.calendars) = (view, calendars) }

    /// Answers with the instruments that have an event.
    func list(_ request: EndpointRequest) throws(GatewayError) -> Reply {
        let venue = request.query["venue"]?.uppercased()
        let all = view.latest.instruments.map { ($0, view.instruments.instrument($0)) }
            .filter { venue == nil || $0.1.venue == venue }
        let page = try Page(all, request, most: 1_000)
        var json = JSONText(capacity: 256 + page.rows.count * 160)
        json.object { json in
            json.field("count", page.rows.count)
            json.field("total", all.count)
            json.key("stocks")
            json.array { json in for (id, instrument) in page.rows { append(id, instrument, to: &json) } }
            if let next = page.next { json.field("next_cursor", next) }
        }
        return Reply(next: page.next, isEmpty: page.rows.isEmpty, json)
    }

    private func append(_ id: InstrumentID, _ instrument: Instrument, to json: inout JSONText) {
        let entries = view.latest.entries(id)
        json.object { json in
            json.field("symbol", instrument.code)
            json.field("instrument", instrument.description)
            json.field("venue", instrument.venue)
            json.field("pipelines", entries.map(\.pipeline))
            json.field("sources", Set(entries.map(\.source)).sorted())
            if let last = entries.map(\.event.time).max() { json.field("last", time: last) }
        }
    }

    /// Answers with the sessions of the instrument's venue.
    func calendar(_ request: EndpointRequest) throws(GatewayError) -> Reply {
        let (instrument, id) = try view.known(request.name)
        guard let calendar = calendars?.calendar(of: instrument) else {
            throw GatewayError(
                .noData, "gateway: no calendar of \(instrument.venue) is known. `penstock calendar` lists which are.")
        }
        let last = id.flatMap { view.latest.entries($0).map(\.event.time).max() }
        let days = try Self.days(request.query, calendar.day(at: last ?? WallClock.now()))
        var json = JSONText(capacity: 4_096)
        json.object { json in
            json.field("symbol", instrument.code)
            json.field("instrument", instrument.description)
            json.field("calendar", calendar.name)
            json.field("zone", calendar.zoneName)
            json.field("known_from", ISO8601.format(CivilDate(daysSinceEpoch: calendar.knownDays.lowerBound)))
            json.field("known_until", ISO8601.format(CivilDate(daysSinceEpoch: calendar.knownDays.upperBound)))
            json.key("days")
            json.array { json in
                for day in days { Self.append(CivilDate(daysSinceEpoch: day), calendar, to: &json) }
            }
        }
        return Reply(json)
    }

    /// Reads the days asked for, counted from 1970-01-01.
    private static func days(_ query: QueryParameters, _ usual: CivilDate) throws(GatewayError) -> ClosedRange<Int64> {
        let to = query["to"].flatMap { ISO8601.date($0) }?.daysSinceEpoch
        let from = query["from"].flatMap { ISO8601.date($0) }?.daysSinceEpoch ?? to ?? usual.daysSinceEpoch
        let last = to ?? from + usualDays - 1
        guard from <= last, last - from < mostDays else {
            throw .badParameter("to", query["to"] ?? "", allowed: "'from' to \(mostDays - 1) days after it")
        }
        return from...last
    }

    private static func append(_ day: CivilDate, _ calendar: TradingCalendar, to json: inout JSONText) {
        let session = calendar.session(on: day)
        json.object { json in
            json.field("day", ISO8601.format(day))
            json.field("status", calendar.status(of: day).rawValue)
            if let session {
                json.field("open", time: session.open)
                json.field("close", time: session.close)
            }
            if let pause = session?.pause {
                json.field("break_start", time: pause.lowerBound)
                json.field("break_end", time: pause.upperBound)
            }
        }
    }
}

extension HostView {
    /// Returns the instrument of a symbol, with its number where a pipeline follows it.
    func known(_ symbol: String) throws(GatewayError) -> (Instrument, InstrumentID?) {
        let id = instruments.id(meantBy: symbol)
        guard let instrument = id.map(instruments.instrument) ?? (try? Instrument(parsing: symbol)) else {
            throw HistoryAnswers.unknown(symbol)
        }
        return (instrument, id)
    }
}
