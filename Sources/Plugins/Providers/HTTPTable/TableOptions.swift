import DelimitedText
import EventTiming
import HTTPFetch
import PluginKit
import TimeZones

/// How the source is described, read and checked.
struct TableOptions: Sendable {
    let instance: String
    let kind: EventKind
    let url: String
    let method: HTTPRequest.Method
    let body: String
    let headers: [String: String]
    let secret: Secret
    let isCSV: Bool
    let delimiter: UInt8
    /// Path to the rows, and to the names of their cells.
    let rows: String
    let names: String
    /// What the text of a row is split at; empty where rows are no text.
    let split: String
    let columns: [TableColumn: String]
    let figures: [(name: FigureName, path: String)]
    let sides: [String: Trade.Side]
    let timePattern: TimePattern?
    let timeIsStart: Bool
    let timeRules: RowTarget.Rules
    let urlTime: String
    let since: Int64
    let volume: Scale
    let price: Scale
    let amount: Scale
    let symbol: String
    let symbolCase: String
    let symbols: [String: String]
    let venues: [String: String]
    let timeframes: [String: String]
    let next: String
    let nextParameter: String
    let firstPage: Int?
    let maximumPages: Int
    let errorPaths: [String]
    let errorWords: [(code: PluginError.Code, words: [String])]
    let requestsAtOnce: Int

    init(_ configuration: Configuration) throws(PluginError) {
        instance = configuration.instance
        kind = EventKind(rawValue: try configuration.text("kind")) ?? .bar
        url = try configuration.text("url")
        method = try configuration.text("method") == "post" ? .post : .get
        body = configuration.optional("body") ?? ""
        headers = configuration.texts(in: "headers")
        if case .secret(let text) = configuration.values["secret"] { secret = text } else { secret = Secret("") }
        isCSV = try configuration.text("format") == "csv"
        delimiter = (configuration.optional("delimiter") ?? ",").utf8.first ?? UInt8(ascii: ",")
        rows = configuration.optional("rows") ?? ""
        names = configuration.optional("names") ?? ""
        split = configuration.optional("split") ?? ""
        let told = configuration.texts(in: "columns")
        columns = Dictionary(uniqueKeysWithValues: TableColumn.allCases.map { ($0, told[$0.rawValue] ?? $0.rawValue) })
        figures = configuration.texts(in: "figures").sorted { $0.key < $1.key }.compactMap { name, path in
            FigureName(name).map { ($0, path) }
        }
        var sides: [String: Trade.Side] = [:]
        let words = configuration.texts(in: "sides")
        sides[words["buy"] ?? "buy"] = .buy
        sides[words["sell"] ?? "sell"] = .sell
        self.sides = sides
        timePattern = configuration.optional("time_format").flatMap { TimePattern($0) }
        timeIsStart = try configuration.text("time_is") == "start"
        let close = configuration.optional("session_close").flatMap(Self.secondOfDay)
        let zone = configuration.optional("time_zone")
        timeRules = RowTarget.Rules(zoneName: zone, sessionClose: close, endsByCalendar: close == nil && zone == nil)
        urlTime = try configuration.text("url_time")
        since = Self.instant(try configuration.text("since")) ?? 0
        let unit = VolumeUnit(rawValue: try configuration.text("volume_unit")) ?? .shares
        volume = Scale(unit.shares(lotSize: try configuration.integer("lot_size")))
        price = Scale(try configuration.number("price_scale"))
        amount = Scale(try configuration.number("amount_unit"))
        symbol = try configuration.text("symbol")
        symbolCase = try configuration.text("symbol_case")
        symbols = configuration.texts(in: "symbols")
        venues = configuration.texts(in: "venues")
        timeframes = configuration.texts(in: "timeframes")
        next = configuration.optional("next") ?? ""
        nextParameter = configuration.optional("next_parameter") ?? ""
        if case .integer(let page) = configuration.values["first_page"] { firstPage = page } else { firstPage = nil }
        maximumPages = try configuration.integer("max_pages")
        errorPaths = configuration.list("error_at")
        errorWords = Self.errorCodes.map { code in
            (code, configuration.list("errors", code.description).map { $0.lowercased() })
        }
        requestsAtOnce = try configuration.integer("requests_at_once")
    }

    /// The faults that `errors` can name.
    static let errorCodes: [PluginError.Code] = [.rateLimited, .auth, .permission, .notFound, .noData]

    /// Returns nanoseconds of a day's begin in UTC, or `nil` where the text is no date.
    static func instant(_ text: String) -> Int64? {
        TimePattern("yyyy-MM-dd")?.parse(text.utf8.span)?.instant(in: .utc)
    }

    private static func secondOfDay(_ text: String) -> Int64? {
        guard text != "24:00" else { return 86_400 }
        let time = TimePattern("HH:mm")?.parse(text.utf8.span)
        return time.map { $0.nanosecondOfDay / 1_000_000_000 }
    }
}

extension TableOptions {
    /// Returns the faults the schema alone cannot find.
    static func faults(in configuration: Configuration) -> [ConfigurationFault] {
        let kind = configuration.optional("kind") ?? "bar"
        var faults = templateFaults(configuration)
        func check(_ option: String, _ allowed: String, _ accepts: (String) -> Bool) {
            guard let text = configuration.optional(option), !accepts(text) else { return }
            faults.append(
                ConfigurationFault(
                    option: option, "'\(option)' is \(PluginError.quoted(text)); allowed \(allowed)."))
        }
        check(
            "time_format",
            "auto, iso8601, epoch_s, epoch_ms, epoch_us, epoch_ns or a pattern of yyyy, MM, dd, HH, mm, ss"
        ) {
            $0 == "auto" || TimePattern($0) != nil
        }
        check("time_zone", "an IANA name (Asia/Shanghai), UTC or an offset (+08:00)") { Zone.isWellFormed($0) }
        check("session_close", "HH:MM from 00:00 to 24:00") { secondOfDay($0) != nil }
        check("since", "a date, yyyy-MM-dd") { instant($0) != nil }
        check("delimiter", "one ASCII character") { $0.utf8.count == 1 }
        for name in configuration.texts(in: "figures").keys.sorted() where FigureName(name) == nil {
            faults.append(
                ConfigurationFault(
                    option: "figures",
                    "'figures' names \(PluginError.quoted(name)); allowed are 1 to 24 small letters, digits and _, a letter "
                        + "first."))
        }
        if kind == "figure", configuration.texts(in: "figures").isEmpty {
            faults.append(
                ConfigurationFault(option: "figures", "'figures' is empty; kind figure needs names and paths."))
        }
        return faults
    }

    private static func templateFaults(_ configuration: Configuration) -> [ConfigurationFault] {
        let url = configuration.optional("url") ?? ""
        var faults: [ConfigurationFault] = []
        let filled = TableTemplate.placeholders.reduce(url) { $0.replacing("{\($1)}", with: "x") }
        if HTTPAddress(filled) == nil {
            let known = TableTemplate.placeholders.map { "{\($0)}" }.joined(separator: ", ")
            faults.append(
                ConfigurationFault(
                    option: "url",
                    "'url' is \(PluginError.quoted(url)); allowed an absolute URL, http:// or https://, with \(known) in it. "
                        + "Encode other characters than letters, digits and -._~:/?@!$&'()*+,;=%."))
        }
        if configuration.values["first_page"] != nil, !url.contains("{page}"),
            configuration.optional("body")?.contains("{page}") != true
        {
            faults.append(
                ConfigurationFault(option: "first_page", "'first_page' is set and 'url' has no {page}. Put it there."))
        }
        return faults
    }
}

/// A cell of a row that a kind of event is made of.
enum TableColumn: String, CaseIterable, Sendable {
    case time, open, high, low, close, volume, amount
    case price, size, side
    case bid, bidSize = "bid_size", ask, askSize = "ask_size"
    case periodEnd = "period_end"
    case ratio, cash
}

extension Configuration {
    /// Returns a text that has no default, or `nil` where it is not set.
    func optional(_ name: String) -> String? {
        if case .text(let text) = values[name] { text } else { nil }
    }

    /// Returns the texts of a map or record; none where it is not set.
    func texts(in name: String) -> [String: String] {
        guard case .map(let inner) = values[name] else { return [:] }
        return inner.compactMapValues { if case .text(let text) = $0 { text } else { nil } }
    }

    /// Returns the texts of a list, of one in a record where a second name is given; none where it is not set.
    func list(_ name: String, _ inner: String? = nil) -> [String] {
        var value = values[name]
        if let inner {
            guard case .map(let members) = value else { return [] }
            value = members[inner]
        }
        guard case .list(let items) = value else { return [] }
        return items.compactMap { if case .text(let text) = $0 { text } else { nil } }
    }
}
