import HTTPFetch
import JSONReading
import PluginKit

/// A reply of `/v8/finance/chart`, as it is; made of bytes alone.
struct YahooChart: Sendable {
    /// A row with its number; a price that is null is `nil`.
    struct Row: Sendable {
        let number: Int
        let start: Int64
        let prices: [Double?]
        let volume: Double?
    }

    /// A split or a payment.
    struct Event: Sendable {
        let time: Int64
        var ratio = 1.0
        var cash = 0.0
        var currency: String?
    }

    let place: String
    let currency: String?
    /// The venue's zone, where it is named.
    let zoneName: String?
    /// Local second of the day at which the regular session ends, where it is said.
    let sessionClose: Int64?
    /// Whether it is traded round the clock.
    let isRoundTheClock: Bool
    private(set) var rows: [Row] = []
    private(set) var events: [Event] = []

    /// Reads a good response about a symbol. Throws `.malformed`, and what the envelope tells as an error.
    init(_ response: HTTPResponse, of symbol: String, _ instance: String) throws(PluginError) {
        place = response.place
        let subject = JSONSubject("\(instance): the chart of \(response.place)")
        let envelope = try JSONNode(response.body, subject)["chart"]
        if let fault = YahooFault.fault(in: envelope, instance) { throw fault }
        let result = envelope["result"][0]
        guard !result.isNull else { throw Self.malformed(subject, "has neither a result nor an error") }
        let meta = result["meta"]
        if let told = meta["symbol"].text, told.uppercased() != symbol.uppercased() {
            throw Self.malformed(subject, "is about \(PluginError.quoted(told)), not \(PluginError.quoted(symbol))")
        }
        currency = meta["currency"].text
        zoneName = meta["exchangeTimezoneName"].text
        let end = meta["currentTradingPeriod"]["regular"]["end"].integer
        let offset = meta["gmtoffset"].integer
        sessionClose = end.flatMap { end in
            offset.flatMap { offset in (-86_400...86_400).contains(offset) ? Self.secondOfDay(end, offset) : nil }
        }
        isRoundTheClock = ["CRYPTOCURRENCY", "CURRENCY"].contains(meta["instrumentType"].text)
        rows = try Self.rows(result, subject)
        events = try Self.events(result["events"], subject)
    }

    /// The chart without its rows.
    var eventsOnly: YahooChart {
        var chart = self
        chart.rows = []
        return chart
    }

    private static func secondOfDay(_ instant: Int64, _ offset: Int64) -> Int64? {
        let (local, overflows) = instant.addingReportingOverflow(offset)
        guard !overflows else { return nil }
        let second = (local % 86_400 + 86_400) % 86_400
        return second == 0 ? 86_400 : second
    }

    private static func rows(_ result: JSONNode, _ subject: JSONSubject) throws(PluginError) -> [Row] {
        let stamps = result["timestamp"].elements
        guard !stamps.isEmpty else { return [] }
        let quote = result["indicators"]["quote"][0]
        let columns = ["open", "high", "low", "close", "volume"].map { quote[$0].elements }
        guard columns.allSatisfy({ $0.count == stamps.count }) else {
            throw malformed(subject, "has columns of different length")
        }
        var rows: [Row] = []
        for (number, stamp) in stamps.enumerated() {
            guard let start = stamp.integer, start.magnitude < 1 << 33 else {
                throw malformed(subject, "has a timestamp that is no count of seconds")
            }
            let prices = columns[..<4].map { $0[number].number.map(clean) }
            // A day without trading: all of it is null.
            guard prices.contains(where: { $0 != nil }) else { continue }
            rows.append(Row(number: number + 1, start: start, prices: prices, volume: columns[4][number].number))
        }
        return rows
    }

    private static func events(_ node: JSONNode, _ subject: JSONSubject) throws(PluginError) -> [Event] {
        func time(_ event: JSONNode) throws(PluginError) -> Int64 {
            guard let time = event["date"].integer, time.magnitude < 1 << 33 else {
                throw malformed(subject, "has a split or dividend without a date")
            }
            return time
        }
        var events: [Event] = []
        for event in node["splits"].members.values {
            guard let up = event["numerator"].number, let down = event["denominator"].number, up > 0, down > 0 else {
                throw malformed(subject, "has a split without a ratio")
            }
            events.append(Event(time: try time(event), ratio: up / down))
        }
        for event in [node["dividends"], node["capitalGains"]].flatMap({ Array($0.members.values) }) {
            guard let amount = event["amount"].number else {
                throw malformed(subject, "has a dividend without an amount")
            }
            events.append(Event(time: try time(event), cash: clean(amount), currency: event["currency"].text))
        }
        return events.sorted { ($0.time, $0.ratio, $0.cash) < ($1.time, $1.ratio, $1.cash) }
    }

    /// Returns the price that Yahoo's single-precision number stands for: 245.18 for 245.17999267578125. Others stay.
    static func clean(_ value: Double) -> Double {
        let single = Float(value)
        guard single.isFinite, Double(single) == value else { return value }
        return Double("\(single)") ?? value
    }

    private static func malformed(_ subject: JSONSubject, _ what: String) -> PluginError {
        PluginError(subject.code, "\(subject.name) \(what). \(subject.remedy)")
    }
}
