import CivilTime
import EventTiming
import FetchAssembly
import HTTPFetch
public import PluginKit
import SocketStream

/// Bars, splits and dividends, quotes and fundamentals of Yahoo Finance, by the addresses its own pages use.
///
/// - Gives: `Bar` at 1m ... 1mo, `Factor`, `Quote`, `Figure`; pushes `Quote` and `Trade`; prices in the quote currency (pounds, not pence), volume in shares.
/// - Time: Yahoo gives the start of a bar, UTC; here its end, of a day and longer the end of the venue's session.
/// - Limits: undocumented, by address; answers 429, told as `.rateLimited`.
/// - Needs: no key; a cookie and a crumb for quotes and fundamentals are fetched when needed.
/// - Source: undocumented; the shapes are those yfinance 1.7.0 reads.
public struct Yahoo: Provider {
    let options: YahooOptions
    private let session: YahooSession
    /// The streamer.
    let sockets: SocketSession

    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .provider, name: "yahoo",
        summary:
            "Bars from a minute to a month, splits and dividends, quotes and fundamentals of Yahoo Finance; quotes and trades pushed.",
        stability: .experimental, schema: schema,
        provider: ProviderCapabilities(
            fetches: [.bar, .factor, .quote, .figure], streams: [.quote, .trade], rateLimit: "undocumented, by address")
    )

    /// Returns the faults the schema alone cannot find.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        HTTPOptions.faults(["base_url", "crumb_url", "cookie_url"], in: configuration)
            + SocketOptions.faults(["stream_url"], in: configuration)
    }

    /// Builds an instance; asks nothing.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        options = try YahooOptions(configuration)
        let client = try HTTPClient(HTTPOptions(configuration), owner: configuration.instance, log: context.log)
        session = YahooSession(client, options)
        sockets = SocketSession(
            try configuration.socketAddress("stream_url"), try SocketOptions(configuration), owner: options.instance,
            log: context.log)
    }

    /// Asks for each instrument (quotes: for fifty at once) and returns what is in the range.
    public func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        let now = WallClock.now()
        let targets = try RowTarget.all(request.instruments, owner: options.instance)
        let targetOfID = Dictionary(uniqueKeysWithValues: targets.map { ($0.reference.id, $0) })
        switch request.kind {
        case .bar:
            guard let interval = YahooInterval(request.timeframe) else {
                throw PluginError(
                    .badRequest,
                    "\(options.instance): Yahoo has no bars of \(request.timeframe); allowed \(YahooInterval.allowed). Route this "
                        + "timeframe to another provider.")
            }
            return try await each(request, targetOfID, now) { target throws(PluginError) in
                try await charts(request, interval, target, now).bars
            }
        case .factor:
            return try await each(request, targetOfID, now) { target throws(PluginError) in
                try await charts(request, .day, target, now).factors
            }
        case .figure:
            return try await each(request, targetOfID, now) { target throws(PluginError) in
                try await figures(request, target, now)
            }
        case .quote: return try await quotes(request)
        default:
            throw PluginError(
                .unsupported,
                "\(options.instance): does not give \(request.kind.rawValue) events. Route this to another provider.")
        }
    }

    /// Ends what is in flight.
    public func stop() async { session.stop() }

    private func each<Event: MarketEvent>(
        _ request: FetchRequest, _ targets: [InstrumentID: RowTarget], _ now: Int64,
        _ fetch: @escaping @Sendable (RowTarget) async throws(PluginError) -> FetchedEvents<Event>
    ) async throws(PluginError) -> Reply {
        try await FetchAssembly.reply(to: request, owner: options.instance, atOnce: 2, now: now) { reference in
            guard let target = targets[reference.id] else { return .success(FetchedEvents<Event>()) }
            do throws(PluginError) { return .success(try await fetch(target)) } catch { return .failure(error) }
        }
    }

    /// Asks for a chart, in as many pieces as Yahoo allows for, and for the splits up to now.
    private func charts(
        _ request: FetchRequest, _ interval: YahooInterval, _ target: RowTarget, _ now: Int64
    ) async throws(PluginError) -> YahooEvents {
        let symbol = try YahooSymbol.text(target.reference.instrument, options)
        let pieces = interval.pieces(request.range, now: now)
        guard !pieces.isEmpty else {
            throw PluginError(
                .noData,
                "\(options.instance): Yahoo keeps bars of \(request.timeframe) for \(interval.depthDays ?? 0) days, and older ones "
                    + "are asked. Ask for a longer timeframe.")
        }
        var charts: [YahooChart] = []
        for piece in pieces {
            charts.append(try await chart(symbol, interval.word, piece, "'\(target.reference.instrument)'"))
        }
        // Prices are adjusted by every split up to now, so all of them must be known to undo that.
        let now = now / 1_000_000_000
        if let last = pieces.last, last.upperBound < now - 86_400 {
            charts.append(
                try await chart(symbol, "3mo", last.lowerBound...now, "'\(target.reference.instrument)'").eventsOnly)
        }
        return try YahooEvents(charts, request.timeframe, interval, target, options)
    }

    private func chart(
        _ symbol: String, _ word: String, _ seconds: ClosedRange<Int64>, _ what: String
    ) async throws(PluginError) -> YahooChart {
        let address = options.base.path("v8", "finance", "chart", symbol).query([
            ("period1", "\(seconds.lowerBound)"), ("period2", "\(seconds.upperBound)"), ("interval", word),
            ("includePrePost", "false"), ("events", "div,splits,capitalGains"),
        ])
        return try YahooChart(try await session.fetch(address, for: what), of: symbol, options.instance)
    }

    /// Asks for the chart of a day, for what it says of the instrument.
    func lastChart(_ symbol: String, _ what: String) async throws(PluginError) -> YahooChart {
        let address = options.base.path("v8", "finance", "chart", symbol).query([("range", "1d"), ("interval", "1d")])
        return try YahooChart(try await session.fetch(address, for: what), of: symbol, options.instance)
    }

    private func figures(
        _ request: FetchRequest, _ target: RowTarget, _ now: Int64
    ) async throws(PluginError) -> FetchedEvents<Figure> {
        let instrument = target.reference.instrument
        let symbol = try YahooSymbol.text(instrument, options)
        let history = try await session.fetch(
            YahooFigures.history(options.base, symbol, now: now), for: "'\(instrument)'", needsCrumb: true)
        var found = try YahooFigures.decodeHistory(history, target, options)
        guard request.range.contains(now) else { return found }
        let summary = try await session.fetch(
            YahooFigures.summary(options.base, symbol), for: "'\(instrument)'", needsCrumb: true)
        found.add(try YahooFigures.decodeSummary(summary, target, options, now: now))
        return found
    }

    private func quotes(_ request: FetchRequest) async throws(PluginError) -> Reply {
        var (quotes, defects): ([Quote], [Defect]) = ([], [])
        var names: [String: InstrumentReference] = [:]
        for reference in request.instruments {
            names[try YahooSymbol.text(reference.instrument, options)] = reference
        }
        let symbols = names.keys.sorted()
        for start in stride(from: 0, to: symbols.count, by: 50) {
            let part = symbols[start..<min(start + 50, symbols.count)].joined(separator: ",")
            let response = try await session.fetch(
                YahooQuotes.address(options.base, part), for: "quotes", needsCrumb: true)
            let found = try YahooQuotes.decode(response, names, options)
            quotes += found.events
            defects += found.defects
        }
        guard quotes.isEmpty, defects.isEmpty else { return Reply(events: quotes, defects: defects) }
        throw PluginError(.noData, "\(options.instance): Yahoo has no quotes now. They come while the venue is open.")
    }
}
