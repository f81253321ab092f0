import CivilTime
import EventTiming
import FetchAssembly
import HTTPFetch
import JSONReading
public import PluginKit

/// Bars, splits and dividends, and fundamentals of Alpha Vantage.
///
/// - Gives: `Bar` at 1m ... 60m, 1d, 1w, 1mo, `Factor`, `Figure`; prices in the quote currency, raw, volume in shares.
/// - Time: local time of New York, the start of bars within a day; converted to the end in UTC here.
/// - Limits: 25 requests a day with a free key, a request for each instrument and series; beyond, `.rateLimited` until the
///   source's next day.
/// - Needs: `api_key`, never logged, and hidden where the source echoes it.
/// - Source: https://www.alphavantage.co/documentation
public struct AlphaVantage: Provider {
    private let options: AlphaVantageOptions
    private let client: HTTPClient

    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .provider, name: "alpha_vantage",
        summary: "Bars, splits and dividends, and fundamentals of Alpha Vantage, 25 requests a day with a free key.",
        stability: .experimental, schema: schema,
        provider: ProviderCapabilities(
            fetches: [.bar, .factor, .figure], streams: [], credentials: ["api_key"],
            rateLimit: "25 requests a day with a free key"))

    /// Returns the faults the schema alone cannot find.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        HTTPOptions.faults(["base_url"], in: configuration)
    }

    /// Builds an instance; asks nothing.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        options = try AlphaVantageOptions(configuration)
        client = try HTTPClient(
            HTTPOptions(configuration), owner: options.instance, secrets: [options.key], log: context.log)
    }

    /// Asks for each instrument, one after the other, and returns what is in the range.
    public func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        let targets = try RowTarget.all(request.instruments, owner: options.instance)
        let targetOfID = Dictionary(uniqueKeysWithValues: targets.map { ($0.reference.id, $0) })
        switch request.kind {
        case .bar:
            guard let series = AlphaVantageSeries(request.timeframe) else {
                throw PluginError(
                    .badRequest,
                    "\(options.instance): Alpha Vantage has no bars of \(request.timeframe); allowed \(AlphaVantageSeries.allowed). "
                        + "Route this timeframe to another provider.")
            }
            return try await each(request, targetOfID) { target throws(PluginError) in
                try await bars(request, series, target)
            }
        case .factor:
            return try await each(request, targetOfID) { target throws(PluginError) in
                let reply = try await ask("TIME_SERIES_DAILY_ADJUSTED", [("outputsize", "full")], target)
                return try AlphaVantageMessages.factors(reply, target, options)
            }
        case .figure:
            return try await each(request, targetOfID) { target throws(PluginError) in
                try await figures(request, target)
            }
        default:
            throw PluginError(
                .unsupported,
                "\(options.instance): does not give \(request.kind.rawValue) events. Route this to another provider.")
        }
    }

    /// Ends what is in flight.
    public func stop() async { client.stop() }

    private func each<Event: MarketEvent>(
        _ request: FetchRequest, _ targets: [InstrumentID: RowTarget],
        _ fetch: @escaping @Sendable (RowTarget) async throws(PluginError) -> FetchedEvents<Event>
    ) async throws(PluginError) -> Reply {
        try await FetchAssembly.reply(to: request, owner: options.instance, atOnce: 1) { reference in
            guard let target = targets[reference.id] else { return .success(FetchedEvents<Event>()) }
            do throws(PluginError) { return .success(try await fetch(target)) } catch { return .failure(error) }
        }
    }

    private func bars(
        _ request: FetchRequest, _ series: AlphaVantageSeries, _ target: RowTarget
    ) async throws(PluginError) -> FetchedEvents<Bar> {
        // A hundred bars are enough where only what is new is asked for.
        let isRecent = series.isDaily && request.range.lowerBound > WallClock.now() - 120 * 86_400_000_000_000
        var items = [(name: "outputsize", value: isRecent ? "compact" : options.outputSize)]
        if let interval = series.interval {
            items += [("interval", interval), ("adjusted", "false"), ("extended_hours", "false")]
        }
        let reply = try await ask(series.function, series.hasSize ? items : [], target)
        return try AlphaVantageMessages.bars(reply, series, request.timeframe, target, options)
    }

    /// Statements by the day they were reported, as far as `EARNINGS` tells it, and today's ratios.
    private func figures(
        _ request: FetchRequest, _ target: RowTarget
    ) async throws(PluginError) -> FetchedEvents<Figure> {
        var found = FetchedEvents<Figure>()
        var reported: [String: Int64] = [:]
        if options.reports.contains("earnings") {
            let earnings = try AlphaVantageFigures.earnings(try await ask("EARNINGS", [], target), target, options)
            found.add(earnings.found)
            reported = earnings.reported
        }
        for statement in AlphaVantageFigures.statements where options.reports.contains(statement.name) {
            let reply = try await ask(statement.function, [], target)
            found.add(try AlphaVantageFigures.decode(reply, statement, reported, target, options))
        }
        let now = WallClock.now()
        if options.reports.contains("overview"), request.range.contains(now) {
            found.add(AlphaVantageFigures.overview(try await ask("OVERVIEW", [], target), target, now: now))
        }
        return found
    }

    /// Returns the reply, whose errors come with status 200.
    private func ask(
        _ function: String, _ items: [(name: String, value: String)], _ target: RowTarget
    ) async throws(PluginError) -> JSONNode {
        let instrument = target.reference.instrument
        let address = options.base.path("query").query(
            [("function", function), ("symbol", try AlphaVantageMessages.symbol(instrument, options))] + items
                + [("apikey", options.key.reveal())])
        let response = try await client.fetch(HTTPRequest(get: address))
        return try AlphaVantageMessages.node(
            response, "'\(instrument)'", options.instance, now: WallClock.now(), hiding: client.redacted)
    }
}
