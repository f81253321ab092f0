import CivilTime
import EventTiming
import FetchAssembly
import HTTPFetch
public import PluginKit
import Synchronization

/// Any JSON or CSV over HTTP, described in the manifest: address, paging, where what stands, how times and units are meant.
///
/// - Gives: bars, trades, last quotes, figures or factors, one kind an instance.
/// - Time: as the source writes it, read in `time_zone` or the venue's; a date is a session's end.
/// - Limits: the source's own; what it says of them is told by `errors` and HTTP 429.
/// - Needs: `secret` where the source wants a key, never logged.
/// - Source: the documentation of the source that is described.
public struct HTTPTable: Provider {
    private let options: TableOptions
    private let client: HTTPClient
    private let log: @Sendable (PluginLogLevel, String, [String: String]) -> Void
    private let told = ToldRemarks()

    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .provider, name: "http_table",
        summary: "Any JSON or CSV over HTTP, described in the manifest alone: address, paging, columns, times, units.",
        schema: schema,
        provider: ProviderCapabilities(
            fetches: [.bar, .trade, .quote, .figure, .factor], streams: [], credentials: ["secret"],
            rateLimit: "the source's own"))

    /// Returns the faults the schema alone cannot find.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        TableOptions.faults(in: configuration)
    }

    /// Builds an instance; asks nothing.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        options = try TableOptions(configuration)
        log = context.log
        client = try HTTPClient(
            HTTPOptions(configuration), owner: configuration.instance, secrets: [options.secret], log: context.log)
    }

    /// Asks for each instrument, page by page, and returns what is in the range.
    ///
    /// Throws `.configuration` for another kind than the instance's own; else what `FetchAssembly` and the source say.
    public func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        guard request.kind != .orderBook else {
            throw PluginError(
                .unsupported, "\(options.instance): does not give order_book events. Route this to another provider.")
        }
        guard request.kind == options.kind else {
            throw PluginError(
                .configuration,
                "\(options.instance): 'kind' is \(options.kind.rawValue), and \(request.kind.rawValue) events are asked. Give "
                    + "them an instance of their own.")
        }
        return switch request.kind {
        case .trade: try await reply(request, Trade.self)
        case .quote: try await reply(request, Quote.self)
        case .figure: try await reply(request, Figure.self)
        case .factor: try await reply(request, Factor.self)
        default: try await reply(request, Bar.self)
        }
    }

    /// Ends what is in flight.
    public func stop() async { client.stop() }

    private func reply<Event: TableEvent>(
        _ request: FetchRequest, _ type: Event.Type
    ) async throws(PluginError) -> Reply {
        let now = WallClock.now()
        let targets = try RowTarget.all(request.instruments, options.timeRules, owner: options.instance)
        let targetOfID = Dictionary(uniqueKeysWithValues: targets.map { ($0.reference.id, $0) })
        return try await FetchAssembly.reply(
            to: request, owner: options.instance, atOnce: options.requestsAtOnce, now: now
        ) { reference in
            guard let target = targetOfID[reference.id] else { return .success(FetchedEvents<Event>()) }
            do throws(PluginError) { return .success(try await pages(request, target, now)) } catch {
                return .failure(error)
            }
        }
    }

    /// Asks page after page until the source has no more.
    private func pages<Event: TableEvent>(
        _ request: FetchRequest, _ target: RowTarget, _ now: Int64
    ) async throws(PluginError) -> FetchedEvents<Event> {
        let template = TableTemplate(options, request, target, now: now)
        let mapping = TableMapping(options, request.timeframe, target, now: now)
        var found = FetchedEvents<Event>()
        var paging = TablePaging(options)
        var survey = TableSurvey(options, request.timeframe, target.reference.instrument)
        repeat {
            let response = try await client.fetch(try template.request(paging))
            let what = "'\(target.reference.instrument)'"
            if let fault = response.fault(options.instance, for: what) { throw fault }
            let page = try TablePage(response, options, template, hiding: client.redacted)
            found.add(try mapping.events(page, &survey))
            paging.turn(page)
        } while paging.hasNext
        for remark in survey.remarks where told.isNews(remark.kind) {
            log(.warning, "a source needs a look", ["remark": remark.text])
        }
        if paging.isCut { found.defects.append(mapping.cut(paging.count)) }
        return found
    }
}

/// The kinds of remark that were told: what is so of one instrument is so of all.
private final class ToldRemarks: Sendable {
    private let kinds = Mutex<Set<String>>([])

    func isNews(_ kind: String) -> Bool { kinds.withLock { $0.insert(kind).inserted } }
}
