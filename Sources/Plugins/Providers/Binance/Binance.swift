import CivilTime
import FetchAssembly
import HTTPFetch
import JSONReading
public import PluginKit
import SocketStream

/// Bars, trades, best quotes and order books of Binance's spot market, by its public REST interface and its streams.
///
/// - Gives: `Bar` at 1s ... 1mo, `Trade` (aggregated), `Quote`, `OrderBook`; prices in the quote coin, volume in the base coin.
///   All four are also pushed; a recording of streams is played in their place where `recording` names one.
/// - Time: milliseconds, UTC; a bar's time here is its end.
/// - Limits: 6,000 units a minute and address; 429 is `.rateLimited`, 418 `.banned`, both with the wait Binance names.
/// - Needs: no key.
/// - Source: https://developers.binance.com/docs/binance-spot-api-docs/rest-api
public struct Binance: Provider {
    let instance: String
    private let base: HTTPAddress
    private let since: Int64
    private let maximumPages: Int
    let depth: Int
    private let client: HTTPClient
    /// The streams, and the recording that is played in their place.
    let session: SocketSession
    let recording: String?

    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .provider, name: "binance",
        summary:
            "Bars, trades, best quotes and order books of Binance's spot market, asked for and pushed, without a key.",
        stability: .experimental, schema: schema,
        provider: ProviderCapabilities(
            fetches: [.bar, .trade, .quote, .orderBook], streams: [.bar, .trade, .quote, .orderBook],
            venues: ["BINANCE", "CRYPTO"],
            rateLimit: "6,000 units a minute and address; 1,000 bars are 2 units"))

    /// Returns the faults the schema alone cannot find.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        var faults =
            HTTPOptions.faults(["base_url"], in: configuration)
            + SocketOptions.faults(["stream_url"], in: configuration)
        if case .text(let text) = configuration.values["since"], ISO8601.date(text) == nil {
            faults.append(
                ConfigurationFault(
                    option: "since", "'since' is \(PluginError.quoted(text)); allowed a date, yyyy-MM-dd."))
        }
        return faults
    }

    /// Builds an instance; asks nothing.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        instance = configuration.instance
        base = try configuration.address("base_url")
        since = (ISO8601.date(try configuration.text("since"))?.daysSinceEpoch ?? 0) * 86_400_000
        maximumPages = try configuration.integer("max_pages")
        depth = try configuration.integer("depth")
        client = try HTTPClient(HTTPOptions(configuration), owner: instance, log: context.log)
        session = SocketSession(
            try configuration.socketAddress("stream_url").path("stream"), try SocketOptions(configuration),
            owner: instance, log: context.log)
        if case .text(let path) = configuration.values["recording"] {
            recording = context.resolve(path)
        } else {
            recording = nil
        }
    }

    /// Asks for each instrument, a thousand bars or trades at a time.
    public func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        let now = WallClock.now()
        switch request.kind {
        case .bar:
            guard let interval = BinanceMessages.interval(request.timeframe) else {
                throw PluginError(
                    .badRequest,
                    "\(instance): Binance has no bars of \(request.timeframe); allowed \(BinanceMessages.intervals). Route this "
                        + "timeframe to another provider.")
            }
            return try await each(request, now) { reference, symbol throws(PluginError) in
                try await bars(request, reference, symbol, interval, now)
            }
        case .trade:
            return try await each(request, now) { reference, symbol throws(PluginError) in
                try await trades(request, reference, symbol)
            }
        case .quote:
            return try await each(request, now) { reference, symbol throws(PluginError) in
                let reply = try await ask(["ticker", "bookTicker"], symbol, [], reference)
                return try BinanceMessages.quote(reply, reference.id, instance, now: now)
            }
        case .orderBook:
            return try await each(request, now) { reference, symbol throws(PluginError) in
                let reply = try await ask(["depth"], symbol, [("limit", "\(depth)")], reference)
                return try BinanceMessages.book(reply, reference.id, instance, now: now)
            }
        default:
            throw PluginError(
                .unsupported,
                "\(instance): does not give \(request.kind.rawValue) events. Route this to another provider.")
        }
    }

    /// Ends what is in flight.
    public func stop() async { client.stop() }

    private func each<Event: MarketEvent>(
        _ request: FetchRequest, _ now: Int64,
        _ fetch: @escaping @Sendable (InstrumentReference, String) async throws(PluginError) -> FetchedEvents<Event>
    ) async throws(PluginError) -> Reply {
        try await FetchAssembly.reply(to: request, owner: instance, now: now) { reference in
            do throws(PluginError) {
                let symbol = try BinanceMessages.symbol(reference.instrument, instance)
                return .success(try await fetch(reference, symbol))
            } catch { return .failure(error) }
        }
    }

    /// Asks page by page, each from behind the last bar of the one before.
    private func bars(
        _ request: FetchRequest, _ reference: InstrumentReference, _ symbol: String, _ interval: String, _ now: Int64
    ) async throws(PluginError) -> FetchedEvents<Bar> {
        let (lowest, overflows) = request.range.lowerBound.subtractingReportingOverflow(request.timeframe.nanoseconds)
        var start = max(overflows ? .min : lowest / 1_000_000, since)
        let end = min(request.range.upperBound, now) / 1_000_000
        var found = FetchedEvents<Bar>()
        for page in 1...maximumPages {
            guard start <= end else { return found }
            let reply = try await ask(
                ["klines"], symbol,
                [("interval", interval), ("startTime", "\(start)"), ("endTime", "\(end)"), ("limit", "1000")], reference
            )
            let bars = try BinanceMessages.bars(reply, reference.id, instance)
            found.add(bars)
            guard bars.events.count + bars.defects.count == 1_000, let last = bars.events.last,
                last.time / 1_000_000 > start
            else { return found }
            start = last.time / 1_000_000
            if page == maximumPages { found.defects.append(BinanceMessages.cut(page, reference.id)) }
        }
        return found
    }

    /// Asks for the last thousand trades, or from the begin of the range on, each page from behind the last trade.
    private func trades(
        _ request: FetchRequest, _ reference: InstrumentReference, _ symbol: String
    ) async throws(PluginError) -> FetchedEvents<Trade> {
        var found = FetchedEvents<Trade>()
        let isOpen = request.range.lowerBound == .min
        var mark = isOpen ? [] : [("startTime", "\(max(0, request.range.lowerBound / 1_000_000))")]
        for page in 1...maximumPages {
            let reply = try await ask(["aggTrades"], symbol, mark + [("limit", "1000")], reference)
            let trades = try BinanceMessages.trades(reply, reference.id, instance)
            found.add(trades.found)
            guard !isOpen, trades.found.events.count + trades.found.defects.count == 1_000, let last = trades.lastID,
                let newest = trades.found.events.last,
                newest.time <= request.range.upperBound
            else { return found }
            mark = [("fromId", "\(last + 1)")]
            if page == maximumPages { found.defects.append(BinanceMessages.cut(page, reference.id)) }
        }
        return found
    }

    /// Asks for trades by their numbers; what is not there is a defect.
    func trades(
        _ numbers: ClosedRange<Int64>, _ reference: InstrumentReference, _ symbol: String
    ) async throws(PluginError) -> FetchedEvents<Trade> {
        var found = FetchedEvents<Trade>()
        var next = numbers.lowerBound
        for _ in 0..<maximumPages where next <= numbers.upperBound {
            let count = min(1_000, numbers.upperBound - next + 1)
            let reply = try await ask(["aggTrades"], symbol, [("fromId", "\(next)"), ("limit", "\(count)")], reference)
            let trades = try BinanceMessages.trades(reply, reference.id, instance)
            guard let last = trades.lastID, last >= next else { break }
            found.add(trades.found)
            next = last + 1
        }
        if next <= numbers.upperBound {
            found.defects.append(
                TradeFeed.gap(reference.id, "trades \(next) to \(numbers.upperBound) of \(symbol) cannot be had."))
        }
        return found
    }

    /// Asks for a whole book, as deep as the streams that change it need.
    func snapshot(_ reference: InstrumentReference, _ symbol: String) async throws(PluginError) -> BinanceFrame {
        let reply = try await ask(["depth"], symbol, [("limit", "1000")], reference)
        let subject = JSONSubject("\(instance): the snapshot of \(reply.place)")
        var frame = BinanceFrame()
        try frame.read(reply.body, subject)
        guard frame.kind == .snapshot else {
            throw PluginError(subject.code, "\(subject.name) has no 'lastUpdateId'. \(subject.remedy)")
        }
        return frame
    }

    private func ask(
        _ path: [String], _ symbol: String, _ items: [(name: String, value: String)], _ reference: InstrumentReference
    ) async throws(PluginError) -> HTTPResponse {
        let address = path.reduce(base.path("api", "v3")) { $0.path($1) }.query([("symbol", symbol)] + items)
        let response = try await client.fetch(HTTPRequest(get: address))
        if let fault = BinanceMessages.fault(response, "'\(reference.instrument)'", instance) { throw fault }
        return response
    }
}
