import ArgumentParser
import HostCore
import PluginKit
import Synchronization

/// What a route costs: going over to the next provider, and quotes that come one by one.
struct RouterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "router")

    @Option(help: "Requests whose first provider never answers.") var requests = 200
    @Option(help: "Quotes to push.") var quotes = 100_000
    @Option(help: "Quotes a second.") var rate = 10_000

    func run() async throws {
        try await failover()
        let (spans, seconds) = try await Self.push(quotes, rate: rate)
        printResult("route_quotes_per_second", Double(quotes) / seconds, "quotes/s")
        printResult("route_quotes_p50", percentile(spans, 0.5), "ms")
        printResult("route_quotes_p99", percentile(spans, 0.99), "ms")
    }

    // MARK: Failover

    /// The first provider never answers; what the answer of the second takes beyond the deadline of the first.
    private func failover() async throws {
        let deadline = Duration.milliseconds(20)
        let request = FetchRequest(
            .bar,
            of: [
                InstrumentReference(
                    id: InstrumentID(rawValue: 0), instrument: Instrument(code: "600000", venue: "SH"))
            ])
        var spans: [Double] = []
        for _ in 0..<requests {
            // A new one each time: the breaker of a provider that failed so often would not let it be asked.
            let route = Route(
                RoutePlan(
                    id: "bench",
                    members: [
                        .init(ProviderSlot("silent", Silent()), fetches: [.bar]),
                        .init(ProviderSlot("prompt", Prompt()), fetches: [.bar]),
                    ], rules: RouteRules(deadline: deadline, budget: .seconds(30))),
                pipeline: "bench", clock: ContinuousClock(), wallTime: { 1_000 * Prompt.day }, board: nil)
            let start = ContinuousClock.now
            let reply = try await route.fetch(request)
            let span = start.duration(to: .now)
            precondition(reply.source == "prompt", "the second one answered")
            spans.append((span - deadline).inSeconds * 1_000)
        }
        spans.sort()
        printResult("route_failover_overhead_p50", percentile(spans, 0.5), "ms")
        printResult("route_failover_overhead_p99", percentile(spans, 0.99), "ms")
    }

    // MARK: Quotes

    /// Quotes at a steady rate, one a delivery, through route, quality and one indicator to a sink; each from when it was due.
    ///
    /// Returns milliseconds, sorted, and how many seconds it took.
    static func push(
        _ quotes: Int, rate: Int, latest: LatestValues = LatestValues()
    ) async throws -> (spans: [Double], seconds: Double) {
        let table = InstrumentTable()
        let references = (0..<50).map { number in
            let instrument = Instrument(code: String(600_000 + number), venue: "SH")
            return InstrumentReference(id: table.intern(instrument), instrument: instrument)
        }
        let pace = QuotePace(count: quotes, rate: rate)
        let sink = LatencySink(pace)
        let plan = PipelinePlan(
            id: "bench", instruments: references, directory: table,
            driving: InputPlan(
                kind: .quote, timeframe: Timeframe(1, .minute),
                route: RoutePlan(only: ProviderSlot("paced", PacedQuotes(pace))), isReplay: true,
                features: FeaturePlan(try PathsCommand.quoteIndicators())),
            sinks: [
                SinkPlan(
                    id: "latency", sink: sink, records: [.quotes, .features], capacity: 1_024, policy: .block,
                    digests: StreamDigests(common: ""))
            ], workers: 1)
        let pipeline = Pipeline(plan: plan, services: .discarding(latest))
        let start = ContinuousClock.now
        try await pipeline.run()
        let seconds = start.duration(to: .now).inSeconds
        let spans = sink.spans.sorted()
        precondition(spans.count == quotes && pipeline.snapshot.addsUp, "every quote reached the sink")
        return (spans, seconds)
    }
}

/// Never answers.
private struct Silent: Provider {
    static let descriptor = PluginDescriptor(
        kind: .provider, name: "silent", summary: "Never answers.", schema: ConfigurationSchema([]))

    init() {}
    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {}

    func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        do { try await Task.sleep(for: .seconds(3_600)) } catch {}
        throw PluginError(.cancelled, "provider/silent: was cancelled.")
    }
}

/// Answers at once with a year of bars.
private struct Prompt: Provider {
    static let descriptor = PluginDescriptor(
        kind: .provider, name: "prompt", summary: "Answers at once.", schema: ConfigurationSchema([]))
    static let day: Int64 = 86_400 * 1_000_000_000

    init() {}
    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {}

    func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        Reply(events: SampleRows(instrument: request.instruments[0].id).bars(1..<252))
    }
}

/// When each quote of a measurement is due.
private final class QuotePace: Sendable {
    let count: Int
    let step: Duration
    private let start = Mutex(ContinuousClock.now)

    init(count: Int, rate: Int) { (self.count, step) = (count, .nanoseconds(1_000_000_000 / rate)) }

    func begin() { start.withLock { $0 = .now } }

    /// A quote's number is its event time in milliseconds, less one.
    func due(_ number: Int) -> ContinuousClock.Instant { start.withLock { $0 } + step * number }
}

/// Pushes each quote when it is due, in a delivery of its own.
private struct PacedQuotes: Provider {
    static let descriptor = PluginDescriptor(
        kind: .provider, name: "paced", summary: "Quotes at a rate.", schema: ConfigurationSchema([]),
        provider: ProviderCapabilities(fetches: [], streams: [.quote], isReplay: true, needsNetwork: false))

    let pace: QuotePace

    init(_ pace: QuotePace) { self.pace = pace }
    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "provider/paced: is for the benchmark.")
    }

    func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
        pace.begin()
        var number = 0
        while number < pace.count {
            let due = pace.due(number)
            if due > .now {
                do { try await Task.sleep(until: due, tolerance: .zero, clock: .continuous) } catch {
                    throw PluginError(.cancelled, "provider/paced: was cancelled.")
                }
            }
            let price = 10 + Double(number % 50) + Double(number % 7) * 0.01
            let quote = Quote(
                time: Int64(number + 1) * 1_000_000, bid: price, ask: price + 0.01, bidSize: 100, askSize: 200,
                instrument: InstrumentID(rawValue: UInt32(number % 50)))
            try await receiver.receive(Delivery(batch: .quotes([quote]), position: StreamPosition("\(number)")))
            number += 1
        }
    }
}

/// Notes how long after its due time each quote came.
private final class LatencySink: Sink {
    static let descriptor = PluginDescriptor(
        kind: .sink, name: "latency", summary: "Notes when rows come.", schema: ConfigurationSchema([]),
        accepts: Set(RecordKind.allCases))

    private let pace: QuotePace
    private let all = Mutex<[Double]>([])

    /// Milliseconds, one a quote.
    var spans: [Double] { all.withLock { $0 } }

    init(_ pace: QuotePace) { self.pace = pace }
    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "sink/latency: is for the benchmark.")
    }

    func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        guard case .quotes(let quotes) = batch.content else { return .accepted }
        let now = ContinuousClock.now
        let spans = quotes.map { pace.due(Int($0.time / 1_000_000) - 1).duration(to: now).inSeconds * 1_000 }
        all.withLock { $0 += spans }
        return .accepted
    }
}
