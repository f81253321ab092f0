import HostCore
import HostGateway
import HostWebSocket
import Logging
import PluginKit
import ServiceLifecycle
import Synchronization
import TestSupport

/// A host's view over values a test sets, without a pipeline.
struct TestHost: Sendable {
    static let day: Int64 = 86_400_000_000_000
    /// 2013-03-28T20:00:00Z, a close in New York.
    static let lastClose: Int64 = 1_364_500_800_000_000_000

    let instruments = InstrumentTable()
    let latest = LatestValues()
    let board = InstanceBoard(now: { 1_364_500_800_000_000_000 })
    let models = ModelBoard()
    let bars = MemoryBarStore()
    let flows = Counters()
    var outcomes: (any OutcomeStore)?

    /// Counters a test sets.
    final class Counters: Sendable {
        private let value = Mutex<[FlowSnapshot]>([])
        func set(_ flows: [FlowSnapshot]) { value.withLock { $0 = flows } }
        var now: [FlowSnapshot] { value.withLock { $0 } }
    }

    /// What the gateway sees.
    var view: HostView {
        HostView(
            instruments: instruments, latest: latest, bars: bars, board: board, models: models,
            plugins: [Self.plugin], counters: { [flows] in flows.now }, version: "0.1.0",
            startedAt: 1_364_500_800_000_000_000, outcomes: outcomes)
    }

    /// Two instruments with bars (the first with two) and one without.
    static func filled() -> TestHost {
        let host = TestHost()
        host.add("AAPL", time: lastClose - day, close: 442.66)
        host.add("AAPL", time: lastClose, close: 443.66)
        host.add("600519.SH", time: lastClose, close: 168.9)
        _ = host.instruments.intern(Instrument(code: "IBM", venue: "US"))
        host.board.register(.provider, "history", plugin: "local_history", state: .ok)
        host.board.register(.sink, "keep", plugin: "sqlite", state: .ok)
        host.board.register(.pipeline, "main", state: .stopped)
        host.models.set(
            ModelBoard.Entry(
                model: "next_day", pipeline: "main", plugin: "model/ridge", state: "serving", origin: "fitted",
                progress: 1,
                card: Array(#"{"r2":0.01,"seed":7}"#.utf8)))
        host.predict("AAPL", 0.0125)
        return host
    }

    /// Adds a daily bar to the newest values and to the store.
    func add(
        _ symbol: String, time: Int64, close: Double, flags: EventFlags = [], pipeline: String = "main",
        timeframe: Timeframe = Timeframe(1, .day)
    ) {
        guard let instrument = try? Instrument(parsing: symbol) else { return }
        let bar = Bar(
            time: time, open: close - 1, high: close + 2, low: close - 2.5, close: close, volume: 11_082_500,
            instrument: instruments.intern(instrument), flags: flags)
        latest.update(bars: [bar], pipeline: pipeline, source: "history", timeframe: timeframe)
        bars.add(bar, of: instrument)
    }

    /// Adds a prediction of `next_day`.
    func predict(
        _ symbol: String, _ value: Double, pipeline: String = "main", timeframe: Timeframe = Timeframe(1, .day)
    ) {
        guard let id = (try? Instrument(parsing: symbol)).flatMap({ instruments.id(of: $0) }) else { return }
        let row = Prediction(time: Self.lastClose, value: value, price: 443.66, instrument: id)
        latest.update(
            predictions: PredictionBatch(
                model: "next_day", target: "return over 1 bar",
                outputs: [OutputColumn("value", unit: "fraction", "Return.")], rows: [row], values: [value]),
            pipeline: pipeline, timeframe: timeframe)
    }

    /// The same with a second pipeline of five minutes beside `main`.
    static func withTwoPipelines() -> TestHost {
        let host = filled()
        let minutes = Timeframe(5, .minute)
        host.add("AAPL", time: lastClose, close: 443.7, pipeline: "minutes", timeframe: minutes)
        host.predict("AAPL", 0.5, pipeline: "minutes", timeframe: minutes)
        host.models.set(
            ModelBoard.Entry(model: "next_day", pipeline: "minutes", plugin: "model/ridge", state: "fitting"))
        return host
    }

    private static let plugin = PluginDescriptor(
        kind: .indicator, name: "rsi", summary: "Relative strength index.",
        schema: ConfigurationSchema([.integer("period", 2...100_000, default: 14, unit: "bars", "Bars it runs over.")]),
        outputs: [OutputColumn("value", unit: "0...100", "The index.")])
}

/// Bars in memory, or a fault.
final class MemoryBarStore: EventStore {
    private struct State {
        var bars: [Instrument: [StoredBar]] = [:]
        var others: [Instrument: [EventBatch]] = [:]
        var fault: PluginError?
    }

    private let state = Mutex(State())

    func add(_ bar: Bar, of instrument: Instrument) {
        let stored = StoredBar(
            event: bar, provenance: Provenance(source: "history"), version: 1, knownAt: bar.time, storedAt: bar.time)
        state.withLock { $0.bars[instrument, default: []].append(stored) }
    }

    /// Adds events of another kind, in ascending event time.
    func add(_ events: EventBatch, of instrument: Instrument) {
        state.withLock { $0.others[instrument, default: []].append(events) }
    }

    func fail(_ fault: PluginError) { state.withLock { $0.fault = fault } }

    func store(_ entries: [StoreEntry]) async throws(PluginError) -> [Revision] { [] }

    func events<Event: MarketEvent>(
        _ type: Event.Type, _ query: EventQuery
    ) async throws(PluginError) -> [StoredEvent<Event>] {
        let (bars, fault) = state.withLock { ($0.bars[query.instrument] ?? [], $0.fault) }
        if let fault { throw fault }
        guard Event.kind == .bar else {
            let batches = state.withLock { $0.others[query.instrument] ?? [] }
            let events = batches.flatMap { Event.events(of: $0) ?? [] }.filter { query.range.contains($0.time) }
            return events.suffix(query.limit).map {
                StoredEvent(
                    event: $0, provenance: Provenance(source: "history"), version: 1, knownAt: $0.time,
                    storedAt: $0.time)
            }
        }
        guard query.timeframe == Timeframe(1, .day) else { return [] }
        let found = bars.filter { query.range.contains($0.bar.time) }.sorted { $0.bar.time < $1.bar.time }
        return Array(found.suffix(query.limit)) as? [StoredEvent<Event>] ?? []
    }
}

/// A gateway that runs on a free port of loopback.
struct RunningGateway: Sendable {
    let port: Int
    let hub: ChannelHub
    let gateway: Gateway

    /// Opens a connection and closes it after `body`.
    func connect<Value: Sendable>(_ body: @Sendable (inout TestClient) async throws -> Value) async throws -> Value {
        try await TestClient.run(port: port, body)
    }

    /// Sends one request on a connection of its own.
    func get(_ target: String, method: String = "GET") async throws -> TestClient.Answer {
        try await connect { client in try await client.request(target, method: method) }
    }
}

/// Runs a gateway over a host, hands it to `body` and stops it gracefully.
func withGateway(
    _ host: TestHost = .filled(), _ configure: (inout Gateway) -> Void = { _ in },
    _ body: @Sendable (RunningGateway) async throws -> Void
) async throws {
    var configuration = GatewayConfiguration()
    configuration.port = 0
    // A client of a test may wait long for a processor among a thousand others.
    (configuration.times.head, configuration.times.close) = (.seconds(300), .seconds(60))
    let hub = LiveChannels.makeHub(host.view)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    var gateway = Gateway(view: host.view, hub: hub, configuration: configuration, logger: logger) {
        Array("# HELP up Up.\n# TYPE up gauge\nup 1\n".utf8)
    }
    configure(&gateway)
    let (addresses, listening) = AsyncStream.makeStream(of: String.self)
    gateway.onListening = { address in
        listening.yield(address)
        listening.finish()
    }
    let running = gateway
    let services = ServiceGroup(services: [running], logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
            defer { listening.finish() }
            try await services.run()
        }
        var iterator = addresses.makeAsyncIterator()
        if let port = await iterator.next()?.split(separator: ":").last.flatMap({ Int($0) }) {
            try await body(RunningGateway(port: port, hub: hub, gateway: running))
        }
        await services.triggerGracefulShutdown()
        try await group.waitForAll()
    }
}
