import CivilTime
import EventTiming
import FetchAssembly
import HTTPFetch
import JSONReading
import PluginKit
import TimeZones

/// Which series has the bars of a timeframe.
struct AlphaVantageSeries {
    let function: String
    /// The word of a timeframe within a day.
    let interval: String?

    static let allowed = "1m, 5m, 15m, 30m, 60m, 1h, 1d, 1w, 1mo"

    init?(_ timeframe: Timeframe) {
        switch "\(timeframe)" {
        case "1m", "5m", "15m", "30m", "60m": (function, interval) = ("TIME_SERIES_INTRADAY", "\(timeframe.count)min")
        case "1h": (function, interval) = ("TIME_SERIES_INTRADAY", "60min")
        case "1d": (function, interval) = ("TIME_SERIES_DAILY", nil)
        case "1w": (function, interval) = ("TIME_SERIES_WEEKLY", nil)
        case "1mo": (function, interval) = ("TIME_SERIES_MONTHLY", nil)
        default: return nil
        }
    }

    var isDaily: Bool { function == "TIME_SERIES_DAILY" }
    /// Whether the series can be asked for in part.
    var hasSize: Bool { isDaily || interval != nil }
}

/// Alpha Vantage's replies as events; pure functions of them.
enum AlphaVantageMessages {
    /// Returns the source's name; throws `.notFound` for a venue whose suffix is not known here.
    static func symbol(_ instrument: Instrument, _ options: AlphaVantageOptions) throws(PluginError) -> String {
        if let told = options.symbols["\(instrument)"] { return told }
        let suffixes = ["SH": ".SHH", "SZ": ".SHZ", "UK": ".LON", "GB": ".LON", "DE": ".DEX", "CA": ".TRT"]
        if instrument.venue == "US" { return instrument.code.split(separator: ".").joined(separator: "-") }
        if let suffix = suffixes[instrument.venue] { return instrument.code + suffix }
        throw PluginError(
            .notFound,
            "\(options.instance): Alpha Vantage's name for the venue of \(instrument) is not known. Set symbols: { \(instrument): "
                + "... }.")
    }

    /// Reads a reply, whose errors come with status 200 as an object with one text.
    static func node(
        _ response: HTTPResponse, _ what: String, _ instance: String, now: Int64, hiding: (String) -> String
    ) throws(PluginError) -> JSONNode {
        if let fault = response.fault(instance, for: what) { throw fault }
        guard !response.isWebPage else {
            throw PluginError(
                .malformed,
                "\(instance): the source answered \(what) with a web page. Check base_url and the network's proxy.")
        }
        let node = try JSONNode(response.body, JSONSubject("\(instance): the reply of \(response.place) for \(what)"))
        for name in ["Error Message", "Information", "Note"] {
            guard let text = node[name].text else { continue }
            throw fault(name, hiding(text), what, instance, now)
        }
        guard !node.members.isEmpty else {
            throw PluginError(.notFound, "\(instance): the source has nothing of \(what). Check the symbol.")
        }
        return node
    }

    /// How long until the source's day ends, at midnight in New York; an hour too long in summer.
    private static func untilTomorrow(_ now: Int64) -> Duration {
        let second = now.flooredDivision(by: 1_000_000_000).quotient - 5 * 3_600
        return .seconds(86_400 - second.flooredDivision(by: 86_400).remainder)
    }

    private static func fault(
        _ name: String, _ text: String, _ what: String, _ instance: String, _ now: Int64
    ) -> PluginError {
        let folded = text.lowercased()
        let said = "\(instance): the source says of \(what): \(PluginError.quoted(text))."
        if folded.contains("apikey") && name == "Error Message" || folded.contains("demo") {
            return PluginError(.auth, "\(said) Set api_key to a key of your own.")
        }
        if folded.contains("per day") && name == "Information" {
            return PluginError(
                .rateLimited, "\(said) Ask again tomorrow, or route to another provider.",
                retryAfter: untilTomorrow(now))
        }
        if name == "Note" || folded.contains("frequency") || folded.contains("per second")
            || folded.contains("per minute")
        {
            return PluginError(.rateLimited, "\(said) Ask less often.", retryAfter: .seconds(60))
        }
        if folded.contains("premium") {
            return PluginError(.permission, "\(said) Ask for what the key covers, or route to another provider.")
        }
        return PluginError(name == "Error Message" ? .notFound : .badRequest, "\(said) Check the symbol.")
    }

    /// Reads bars; within a day they are dated by their start, else by their last day.
    static func bars(
        _ node: JSONNode, _ series: AlphaVantageSeries, _ timeframe: Timeframe, _ target: RowTarget,
        _ options: AlphaVantageOptions
    ) throws(PluginError) -> FetchedEvents<Bar> {
        let end = BarEnd(timeframe: timeframe, isStart: series.interval != nil)
        return try rows(node, target, options) { date, row in
            guard let written = written(date), let time = end.time(written, target), let open = row["1. open"].number,
                let high = row["2. high"].number, let low = row["3. low"].number, let close = row["4. close"].number,
                let volume = row["5. volume"].number
            else { return nil }
            return [
                Bar(
                    time: time, open: open, high: high, low: low, close: close, volume: volume,
                    instrument: target.reference.id)
            ]
        }
    }

    /// Reads splits and dividends out of the adjusted daily series.
    static func factors(
        _ node: JSONNode, _ target: RowTarget, _ options: AlphaVantageOptions
    ) throws(PluginError) -> FetchedEvents<Factor> {
        let timing = RowTiming(.effective, Timeframe(1, .day), isStart: false)
        return try rows(node, target, options) { date, row in
            guard let written = written(date), let time = timing.time(written, target),
                let cash = row["7. dividend amount"].number, let ratio = row["8. split coefficient"].number, ratio > 0
            else { return nil }
            guard cash != 0 || ratio != 1 else { return [] }
            return [Factor(time: time, ratio: ratio, cash: cash, instrument: target.reference.id)]
        }
    }

    private static func rows<Event: MarketEvent>(
        _ node: JSONNode, _ target: RowTarget, _ options: AlphaVantageOptions,
        _ read: (_ date: String, _ row: JSONNode) -> [Event]?
    ) throws(PluginError) -> FetchedEvents<Event> {
        let symbol = try symbol(target.reference.instrument, options)
        if let told = node["Meta Data"]["2. Symbol"].text, told.uppercased() != symbol.uppercased() {
            throw PluginError(
                .malformed,
                "\(options.instance): the reply for '\(target.reference.instrument)' is about \(PluginError.quoted(told)). "
                    + "Route to another provider, and report it if it lasts.")
        }
        guard let rows = node.members.first(where: { $0.key.contains("Time Series") })?.value.members else {
            throw PluginError(
                .malformed,
                "\(options.instance): the reply for '\(target.reference.instrument)' has no time series. Report it.")
        }
        var found = FetchedEvents<Event>()
        for (date, row) in rows.sorted(by: { $0.key < $1.key }) {
            if let events = read(date, row) {
                found.events += events
            } else {
                found.defects.append(
                    Defect(
                        instrument: target.reference.id, place: date, reason: "unreadable_row",
                        message: "the row has no time, or a number of it is missing.", raw: "\(row)"))
            }
        }
        guard found.events.isEmpty, !rows.isEmpty, found.defects.count == rows.count else { return found }
        throw PluginError(
            .malformed,
            "\(options.instance): of the reply for '\(target.reference.instrument)' not one row can be read. Report it."
        )
    }

    static func written(_ text: String) -> WrittenTime? {
        TimePattern.detect(text.utf8.span)?.parse(text.utf8.span)
    }
}
