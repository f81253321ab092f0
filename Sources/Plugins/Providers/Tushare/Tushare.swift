import CivilTime
import EventTiming
import FetchAssembly
import HTTPFetch
public import PluginKit
import ShareRows
import TimeZones

/// Shares of Shanghai, Shenzhen and Beijing from Tushare Pro.
///
/// - Gives: bars of 1d, 1w, 1mo, and of minutes where the account may; factors; figures of `daily_basic`, `fina_indicator` and the
///   three statements with the day they became public; trading days; the list of shares. Yuan, shares, fractions.
/// - Time: the source reports Shanghai's dates; converted to UTC here.
/// - Limits: so many requests a minute, hour or day for each table by the account's points; says `.rateLimited` and for how long.
/// - Needs: `token`, never logged.
/// - Source: <https://tushare.pro/document/2>.
public struct Tushare: Provider {
    private let owner: String
    private let address: HTTPAddress
    private let token: Secret
    private let adjustment: Adjustment
    private let figureTables: [TushareFigures.Table]
    private let roll: ContractRoll?
    private let requestsAtOnce: Int
    private let client: HTTPClient

    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .provider, name: "tushare",
        summary:
            "A-shares from Tushare Pro: bars, factors, daily valuation and indicators of statements with their publication.",
        schema: schema,
        provider: ProviderCapabilities(
            fetches: [.bar, .factor, .figure], streams: [],
            venues: ["SH", "SZ", "BJ", "SHFE", "DCE", "CZCE", "CFFEX", "INE", "GFEX"],
            credentials: ["token"],
            rateLimit: "by the account's points"))

    /// Returns the faults the schema alone cannot find.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        HTTPOptions.faults(["base_url"], in: configuration)
    }

    /// Builds an instance; asks nothing.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        owner = configuration.instance
        address = try configuration.address("base_url")
        token = try configuration.secret("token")
        adjustment = Adjustment(rawValue: try configuration.text("adjust")) ?? .none
        let names = try configuration.texts("figures")
        figureTables = TushareFigures.all.filter { names.contains($0.api) }
        roll = try ContractRoll.chosen(configuration)
        requestsAtOnce = try configuration.integer("requests_at_once")
        client = try HTTPClient(HTTPOptions(configuration), owner: owner, secrets: [token], log: context.log)
    }

    /// Asks for each instrument, page by page.
    ///
    /// Throws `.badRequest` for a timeframe there is no table of; else what `FetchAssembly` and Tushare say.
    public func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        let span = ShareRange(request, now: WallClock.now())
        return switch request.kind {
        case .bar: try await reply(request) { target throws(PluginError) in try await bars(request, span, target) }
        case .factor: try await reply(request) { target throws(PluginError) in try await factors(span, target) }
        case .figure: try await reply(request) { target throws(PluginError) in try await figures(span, target) }
        case .trade, .quote, .orderBook:
            throw PluginError(
                .unsupported,
                "\(owner): does not give \(request.kind.rawValue) events. Route this to another provider.")
        }
    }

    /// Returns the shares that are listed now.
    public func instruments() async throws(PluginError) -> [Instrument] {
        let query = TushareQuery(
            api: "stock_basic", parameters: [("list_status", "L")], columns: ["ts_code", "list_status"])
        var instruments: [Instrument] = []
        for row in try await table(query).rows {
            guard let code = row["ts_code"] else { continue }
            instruments.append(try Instrument(parsing: code))
        }
        return instruments.sorted()
    }

    /// Returns the trading days of Shanghai or Shenzhen; Beijing's are Shanghai's.
    public func tradingDays(of venue: String, _ days: ClosedRange<Int>) async throws(PluginError) -> [Int] {
        guard let exchange = ["SH": "SSE", "SZ": "SZSE", "BJ": "SSE"][venue] else {
            throw PluginError(
                .unsupported,
                "\(owner): does not give the trading days of \(PluginError.quoted(venue)); allowed SH, SZ, BJ. Route this to "
                    + "another provider.")
        }
        func text(_ day: Int) -> String { ShareRange.compact(CivilDate(daysSinceEpoch: Int64(day))) }
        let query = TushareQuery(
            api: "trade_cal",
            parameters: [
                ("exchange", exchange), ("start_date", text(days.lowerBound)), ("end_date", text(days.upperBound)),
            ], columns: ["exchange", "cal_date", "is_open"])
        let open = try await table(query).rows.compactMap { row -> Int? in
            guard row["is_open"] == "1", let text = row["cal_date"] else { return nil }
            return TimePattern("yyyyMMdd")?.parse(text.utf8.span).map { Int($0.day) }
        }
        return open.filter(days.contains).sorted()
    }

    /// Ends what is in flight.
    public func stop() async { client.stop() }

    private func reply<Event: MarketEvent>(
        _ request: FetchRequest,
        _ ask: @escaping @Sendable (RowTarget) async throws(PluginError) -> FetchedEvents<Event>
    ) async throws(PluginError) -> Reply {
        let targets = try RowTarget.mainland(request.instruments, owner: owner)
        let targetOfID = Dictionary(uniqueKeysWithValues: targets.map { ($0.reference.id, $0) })
        return try await FetchAssembly.reply(to: request, owner: owner, atOnce: requestsAtOnce) { reference in
            guard let target = targetOfID[reference.id] else { return .success(FetchedEvents<Event>()) }
            if reference.instrument.isMainlandFuture, request.kind == .bar {
                do throws(PluginError) { return .success(try await ask(target)) } catch { return .failure(error) }
            }
            guard target.reference.instrument.isMainland else { return .failure(foreign(reference.instrument)) }
            do throws(PluginError) { return .success(try await ask(target)) } catch { return .failure(error) }
        }
    }

    private func foreign(_ instrument: Instrument) -> PluginError {
        PluginError(
            .notFound,
            "\(owner): \(PluginError.quoted("\(instrument)")) is not of SH, SZ or BJ, whose bars, factors and figures there are, nor a "
                + "future, whose bars there are. Route it to another provider.")
    }
}

// What is asked for one instrument.
extension Tushare {
    private func bars(
        _ request: FetchRequest, _ span: ShareRange, _ target: RowTarget
    ) async throws(PluginError) -> FetchedEvents<Bar> {
        let instrument = target.reference.instrument
        if instrument.isMainlandFuture { return try await futures(request, span, target) }
        guard let kind = TushareBars.table(request.timeframe, isIndex: instrument.isMainlandIndex) else {
            throw PluginError(
                .badRequest,
                "\(owner): has no \(request.timeframe) bars of \(PluginError.quoted("\(instrument)")); there are 1d, and of shares "
                    + "1w, 1mo, 1m, 5m, 15m, 30m, 60m. Route to another provider.")
        }
        var query = query(kind.api, kind.columns, span, target)
        query.parameters += kind.parameters
        if kind.api == "stk_mins" {
            let days = span.days(target)
            query.parameters.removeAll { $0.name.hasSuffix("_date") }
            query.parameters += [
                ("start_date", "\(ISO8601.format(days.first)) 00:00:00"),
                ("end_date", "\(ISO8601.format(days.last)) 23:59:59"),
            ]
        }
        let table = try await table(query)
        let bars = try TushareBars.bars(
            try table.rows(of: "\(instrument)", owner), kind, target, request.timeframe, owner: owner,
            place: table.place)
        guard adjustment != .none, !instrument.isMainlandIndex, !bars.events.isEmpty else { return bars }
        let factors = try await factorEntries(span, target)
        let read = FactorSteps.values(factors.entries, target, place: factors.place)
        var adjusted = TushareBars.adjusted(bars, by: read.values, adjustment, place: table.place)
        adjusted.defects += read.defects
        return adjusted
    }

    /// The bars of a contract, or of all contracts of a product in one series.
    private func futures(
        _ request: FetchRequest, _ span: ShareRange, _ target: RowTarget
    ) async throws(PluginError) -> FetchedEvents<Bar> {
        let instrument = target.reference.instrument
        guard request.timeframe == Timeframe(1, .day) else {
            throw PluginError(
                .badRequest,
                "\(owner): has no \(request.timeframe) bars of \(PluginError.quoted("\(instrument)")); of futures there are 1d. "
                    + "Route to another provider.")
        }
        guard instrument.isProduct else {
            let (days, defects) = try await days(of: TushareFutures.symbol(instrument), span, target)
            return FetchedEvents(days.map(\.bar), defects: defects)
        }
        guard let roll else {
            throw PluginError(
                .notFound,
                "\(owner): \(PluginError.quoted("\(instrument)")) is a product, not a contract; its contracts make one series by a rule. "
                    + "Set 'roll' to volume or open_interest, or ask for a contract (\(instrument.code)2410.\(instrument.venue))."
            )
        }
        // Prices of a range depend on every change after it: all contracts up to now are asked for.
        let whole = span.untilNow(WallClock.now())
        let days = whole.days(target)
        let listed = try await table(
            TushareQuery(
                api: "fut_basic", parameters: [("exchange", instrument.venue), ("fut_type", "1")],
                columns: ["ts_code", "fut_code", "list_date", "delist_date"]))
        let names = TushareFutures.contracts(
            listed.rows, of: instrument.code, ShareRange.compact(days.first), ShareRange.compact(days.last))
        var (contracts, defects): ([[ContractRoll.Day]], [Defect]) = ([], [])
        for name in names {
            let own = try await self.days(of: name, whole, target)
            contracts.append(own.days)
            defects += own.defects
        }
        guard let bars = roll.series(contracts) else { throw ContractRoll.hasNoRatio(instrument, owner: owner) }
        return FetchedEvents(bars, defects: defects)
    }

    private func days(
        of symbol: String, _ span: ShareRange, _ target: RowTarget
    ) async throws(PluginError) -> (days: [ContractRoll.Day], defects: [Defect]) {
        let days = span.days(target)
        let table = try await table(
            TushareQuery(
                api: "fut_daily",
                parameters: [
                    ("ts_code", symbol), ("start_date", ShareRange.compact(days.first)),
                    ("end_date", ShareRange.compact(days.last)),
                ], columns: TushareFutures.columns))
        return try TushareFutures.days(
            try table.rows(of: symbol, owner), target, owner: owner, place: table.place)
    }

    private func factors(_ span: ShareRange, _ target: RowTarget) async throws(PluginError) -> FetchedEvents<Factor> {
        // A step needs the factor before it, so all of them are asked for.
        let factors = try await factorEntries(span.fromBegin, target)
        return FactorSteps.factors(factors.entries, target, place: factors.place)
    }

    private func factorEntries(
        _ span: ShareRange, _ target: RowTarget
    ) async throws(PluginError) -> (entries: [FactorSteps.Entry], place: String) {
        var query = query("adj_factor", ["ts_code", "trade_date", "adj_factor"], span, target)
        // Up to the last there is: qfq counts back from it.
        query.parameters.removeAll { $0.name == "end_date" }
        let table = try await table(query)
        let rows = try table.rows(of: "\(target.reference.instrument)", owner)
        return (rows.map { .init(day: $0["trade_date"] ?? "", value: $0["adj_factor"] ?? "") }, table.place)
    }

    private func figures(_ span: ShareRange, _ target: RowTarget) async throws(PluginError) -> FetchedEvents<Figure> {
        var found = FetchedEvents<Figure>()
        for kind in figureTables {
            var query = query(kind.api, kind.asked, span, target)
            // Its range is one of periods, not of when they became public; so all are asked for.
            if kind.periodEnd != nil { query.parameters.removeAll { $0.name != "ts_code" } }
            query.parameters += kind.parameters
            let table = try await table(query)
            let rows = try table.rows(of: "\(target.reference.instrument)", owner)
            found.add(TushareFigures.figures(rows, kind, target, place: table.place))
        }
        return found
    }

    private func query(_ api: String, _ columns: [String], _ span: ShareRange, _ target: RowTarget) -> TushareQuery {
        let days = span.days(target)
        return TushareQuery(
            api: api,
            parameters: [
                ("ts_code", "\(target.reference.instrument)"), ("start_date", ShareRange.compact(days.first)),
                ("end_date", ShareRange.compact(days.last)),
            ], columns: columns)
    }

    /// Asks page after page until the source has no more.
    private func table(_ query: TushareQuery) async throws(PluginError) -> TushareTable {
        var table = TushareTable()
        var pages = 0
        repeat {
            let response = try await client.fetch(query.request(address, token: token, offset: table.rows.count))
            if let fault = response.fault(owner, for: query.api) { throw fault }
            try table.add(response, owner, hiding: client.redacted)
            pages += 1
        } while table.hasMore && pages < Self.maximumPages
        guard !table.hasMore else {
            throw PluginError(
                .malformed,
                "\(owner): \(query.api) still has more after \(pages) pages. Ask for less, and report it if it lasts.")
        }
        return table
    }

    private static let maximumPages = 200
}
