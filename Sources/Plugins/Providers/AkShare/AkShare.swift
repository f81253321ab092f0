import CivilTime
import EventTiming
import FetchAssembly
import HTTPFetch
public import PluginKit
import ShareRows

/// Shares of Shanghai, Shenzhen and Beijing from where AkShare has them: Eastmoney, then Sina, then Tencent, or AKTools.
///
/// - Gives: bars of 1m, 5m, 15m, 30m, 60m, 1d, 1w, 1mo, the last order book with five levels, the last quote, factors, figures of
///   reports and valuations by the day they became public, the trades of the day, also pushed; yuan and shares.
/// - Time: the sources report Shanghai's; converted to UTC here.
/// - Limits: about one request a second; Eastmoney refuses an address for hours by closing connections (`.banned`), and is left
///   alone for `ban_pause` while the others are asked.
/// - Needs: nothing; `mode: aktools` an AKTools on this machine.
/// - Source: the source code of AkShare 1.19 and AKTools 0.0.91.
public struct AkShare: Provider {
    let owner: String
    private let adjustment: Adjustment
    let sources: [any ShareSource]
    /// How contracts make one series; `nil` for Sina's own.
    let roll: ContractRoll?
    let rests = SourceRests()
    let streams: EventSession
    /// Names of the tables that figures are asked of.
    let reports: [String]
    let refusesUndated: Bool
    private let banPause: Duration
    let requestsAtOnce: Int
    private let client: HTTPClient
    private let log: @Sendable (PluginLogLevel, String, [String: String]) -> Void

    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .provider, name: "akshare",
        summary:
            "A-shares from where AkShare has them: bars, quotes, five-level books, factors, figures; trades pushed.",
        schema: schema,
        provider: ProviderCapabilities(
            fetches: [.bar, .trade, .quote, .orderBook, .figure, .factor], streams: [.trade],
            venues: ["SH", "SZ", "BJ", "SHFE", "DCE", "CZCE", "CFFEX", "INE", "GFEX"],
            rateLimit: "about 1 request/s"))

    /// Returns the faults the schema alone cannot find.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        HTTPOptions.faults(addresses.map(\.name), in: configuration)
    }

    /// Builds an instance; asks nothing.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        owner = configuration.instance
        adjustment = Adjustment(rawValue: try configuration.text("adjust")) ?? .none
        sources = try Self.sources(configuration)
        roll = try ContractRoll.chosen(configuration)
        reports = try configuration.texts("reports")
        refusesUndated = try configuration.text("undated") == "refuse"
        banPause = try configuration.duration("ban_pause")
        requestsAtOnce = try configuration.integer("requests_at_once")
        client = try HTTPClient(HTTPOptions(configuration), owner: owner, log: context.log)
        streams = EventSession(
            try HTTPOptions(configuration), try StreamOptions(configuration), owner: owner, log: context.log)
        log = context.log
    }

    /// Asks one source after the other for each instrument, until one has it.
    ///
    /// Throws `.badRequest` for a timeframe or adjustment none of them has, `.banned` where all refuse this address; else what
    /// `FetchAssembly` says.
    public func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        switch request.kind {
        case .bar: try await reply(request, Bar.self)
        case .quote: try await reply(request, Quote.self)
        case .orderBook: try await reply(request, OrderBook.self)
        case .factor: try await reply(request, Factor.self)
        case .trade: try await reply(request, Trade.self)
        case .figure: try await figures(request)
        }
    }

    /// Ends what is in flight.
    public func stop() async { client.stop() }

    private func reply<Event: ShareEvent>(
        _ request: FetchRequest, _ type: Event.Type
    ) async throws(PluginError) -> Reply {
        let now = WallClock.now()
        let targets = try RowTarget.mainland(request.instruments, owner: owner)
        let targetOfID = Dictionary(uniqueKeysWithValues: targets.map { ($0.reference.id, $0) })
        return try await FetchAssembly.reply(to: request, owner: owner, atOnce: requestsAtOnce, now: now) { reference in
            guard let target = targetOfID[reference.id] else { return .success(FetchedEvents<Event>()) }
            let question = ShareQuestion(request, target, adjustment, owner: owner, now: now)
            do throws(PluginError) { return .success(try await ask(question)) } catch { return .failure(error) }
        }
    }

    /// Asks the sources in turn; the first answer counts, whatever it holds.
    private func ask<Event: ShareEvent>(_ question: ShareQuestion) async throws(PluginError) -> FetchedEvents<Event> {
        let instrument = question.target.reference.instrument
        if instrument.isMainlandFuture, Event.kind == .bar,
            let bars = try await futures(question) as? FetchedEvents<Event>
        {
            return bars
        }
        let covering = sources.filter { $0.covers(instrument) }
        guard !covering.isEmpty else {
            throw PluginError(
                .notFound,
                "\(owner): \(question.what) is no share it can ask for; allowed are codes of six digits at SH, SZ and BJ, of "
                    + "AKTools without Shanghai's funds and indices; of futures (RB2410.SHFE) bars of 1d. Route it to another provider."
            )
        }
        var faults: [PluginError] = []
        for source in covering {
            guard let request = source.request(question) else { continue }
            do throws(PluginError) { return try await answer(of: source, to: request, question) } catch {
                if error.code == .cancelled { throw error }
                faults.append(error)
                if covering.count > 1 { tell(source, question, error) }
            }
        }
        throw Self.decisive(faults) ?? lacking(question)
    }

    private func answer<Event: ShareEvent>(
        of source: any ShareSource, to request: HTTPRequest, _ question: ShareQuestion
    ) async throws(PluginError) -> FetchedEvents<Event> {
        try Event.read(try await response(of: source, to: request, question), source, question)
    }

    /// Returns what a source answers, where that is an answer; one that refuses this address is left alone.
    func response(
        of source: any ShareSource, to request: HTTPRequest, _ question: ShareQuestion
    ) async throws(PluginError) -> HTTPResponse {
        if let wait = rests.wait(source.name, now: question.now) { throw resting(source, wait) }
        let response: HTTPResponse
        do throws(PluginError) { response = try await client.fetch(request) } catch {
            throw refusal(of: source, error)
        }
        if let fault = source.fault(response, question) { throw fault }
        return response
    }

    /// Says what a fault means at a source: of some a connection closed without a reply is a ban, and they are left alone.
    func refusal(of source: any ShareSource, _ error: PluginError) -> PluginError {
        guard source.bansByClosing, error.cause as? HTTPFault == .closedWithoutReply else { return error }
        let (end, overflows) = WallClock.now().addingReportingOverflow(banPause.wholeNanoseconds)
        rests.rest(source.name, until: overflows ? .max : end)
        return PluginError(
            .banned,
            "\(owner): \(source.name) closed the connection without a reply, as it does to addresses it refuses; it is left "
                + "alone for \(banPause.components.seconds) s. Ask less often, or route to another provider.",
            retryAfter: banPause, cause: HTTPFault.closedWithoutReply)
    }

    func resting(_ source: any ShareSource, _ wait: Duration) -> PluginError {
        PluginError(
            .banned,
            "\(owner): \(source.name) refuses this address and is left alone for \(wait.components.seconds) s more. Ask less often, "
                + "or route to another provider.", retryAfter: wait)
    }

    private func tell(_ source: any ShareSource, _ question: ShareQuestion, _ error: PluginError) {
        log(
            .debug, "a source did not answer, the next is asked",
            ["source": source.name, "instrument": "\(question.target.reference.instrument)", "error": error.message])
    }

    private func lacking(_ question: ShareQuestion) -> PluginError {
        let what =
            question.kind == .bar
            ? "\(question.timeframe) bars with 'adjust' \(adjustment.rawValue)" : question.kind.rawValue
        return PluginError(
            .badRequest,
            "\(owner): none of \(sources.map(\.name)) has \(what); there are 1m (not adjusted), 5m, 15m, 30m, 60m, 1d, 1w and "
                + "1mo, factors at sina and trades at eastmoney. Change 'adjust', 'sources' or the timeframe.")
    }

    /// Of several faults the one to act on: a source that answers that it lacks something counts over those that do not answer.
    private static func decisive(_ faults: [PluginError]) -> PluginError? {
        faults.first { $0.code == .notFound || $0.code == .noData } ?? faults.first
    }

    private static func sources(_ configuration: Configuration) throws(PluginError) -> [any ShareSource] {
        guard try configuration.text("mode") == "native" else {
            return [AKTools(base: try configuration.address("aktools_url"))]
        }
        let eastmoney = Eastmoney(
            history: try configuration.address("eastmoney_history_url"),
            quotes: try configuration.address("eastmoney_quote_url"),
            stream: try configuration.address("eastmoney_stream_url"),
            figures: EastmoneyFigures(
                reports: try configuration.address("eastmoney_report_url"),
                valuations: try configuration.address("eastmoney_valuation_url")))
        let sina = Sina(
            history: try configuration.address("sina_history_url"), quotes: try configuration.address("sina_quote_url"),
            company: try configuration.address("sina_factor_url"),
            futures: try configuration.address("sina_futures_url"))
        let tencent = Tencent(
            history: try configuration.address("tencent_history_url"),
            minutes: try configuration.address("tencent_minute_url"),
            quotes: try configuration.address("tencent_quote_url"))
        let known: [any ShareSource] = [eastmoney, sina, tencent]
        return try configuration.texts("sources").compactMap { name in known.first { $0.name == name } }
    }
}

extension Duration {
    /// The span in nanoseconds, as far as 64 bits hold it.
    fileprivate var wholeNanoseconds: Int64 {
        let (nanoseconds, overflows) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflows ? .max : nanoseconds
    }
}
