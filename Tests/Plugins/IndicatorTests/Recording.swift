import Builtin
import PluginKit
import Synchronization
import TestSupport
import Testing

/// Market data as others recorded it: the bars that the repository ships, and trades, quotes and books beside it, read by
/// the providers that ship.
struct Recording: Sendable, CustomTestStringConvertible {
    /// What it is called in `recorded.csv`; empty for the bars.
    let name: String
    private let kinds: [EventKind]
    private let provider: String
    private let instrument: String
    private let options: [String: ConfigurationValue]

    var testDescription: String { name.isEmpty ? "bars" : name }

    /// Those with events of a kind; none where the market data is not there.
    static func all(of kind: EventKind) -> [Recording] {
        kind == .bar ? [bars] : Repository.hasMarket ? beside.filter { $0.kinds.contains(kind) } : []
    }

    static let bars = Recording(name: "", kinds: [.bar], provider: "", instrument: "", options: [:])

    private static let beside = [
        Recording(
            name: "binance", kinds: [.trade, .quote, .orderBook], provider: "binance", instrument: "ETHUSDT.BINANCE",
            options: ["recording": .text("\(Repository.market)/hftbacktest/spot_ethusdt_20240808.gz")]),
        Recording(
            name: "lean", kinds: [.trade, .quote], provider: "local_history", instrument: "IBM.US",
            options: [
                "path": .text("\(Repository.market)/lean/tick"), "preset": .text("lean"),
                "files": .map([
                    "trade": .text("{code}_{date}_trade.zip"), "quote": .text("{code}_{date}_quote.zip"),
                ]),
            ]),
        Recording(
            name: "hikyuu", kinds: [.trade], provider: "local_history", instrument: "000001.SZ",
            options: [
                "path": .text("\(Repository.market)/hikyuu"), "preset": .text("hikyuu"),
                "files": .map(["trade": .text("{venue}_trans.csv.gz")]),
            ]),
    ]

    /// How many events are left out at the start, before a market has opened, and how many are taken then.
    private static let (skipped, taken) = (1_000, 4_000)

    /// The events: all bars, or those that `recorded.csv` is about.
    func events<Event: MarketEvent>(_ type: Event.Type) async throws -> [Event] {
        if provider.isEmpty { return Event.events(of: .bars(try RealBars.load())) ?? [] }
        return Event.events(of: try await Self.cache.batch(of: self, Event.kind)) ?? []
    }

    /// What was read, by name and kind: every test asks for it.
    private actor Cache {
        private var read: [String: EventBatch] = [:]

        func batch(of recording: Recording, _ kind: EventKind) async throws -> EventBatch {
            let key = "\(recording.name) \(kind.rawValue)"
            if let batch = read[key] { return batch }
            func load<Event: MarketEvent>(_ type: Event.Type) async throws -> EventBatch {
                Event.batch(try await recording.read(Event.self))
            }
            let batch = try await load(kind.type)
            read[key] = batch
            return batch
        }
    }

    private static let cache = Cache()

    private func read<Event: MarketEvent>(_ type: Event.Type) async throws -> [Event] {
        let directory = OneInstrument(only: try Instrument(parsing: instrument))
        let collector = Collector(until: Self.skipped + Self.taken)
        let reference = InstrumentReference(id: InstrumentID(rawValue: 0), instrument: directory.only)
        do {
            try await make(directory).stream(
                Subscription(instruments: [reference], kind: Event.kind, timeframe: Timeframe(1, .minute)),
                into: collector)
        } catch let error as PluginError where error.code == .cancelled {}
        let events = collector.batches.flatMap { Event.events(of: $0) ?? [] }
        return Array(events.dropFirst(Self.skipped).prefix(Self.taken))
    }

    private func make(_ directory: OneInstrument) throws -> any Provider {
        guard let plugin = Builtin.plugins.first(where: { $0.descriptor.id == "provider/\(provider)" }),
            case .provider(let make) = plugin.maker
        else { throw PluginError(.notFound, "no provider '\(provider)'") }
        var values: [String: ConfigurationValue] = [:]
        for option in plugin.descriptor.schema.options { values[option.name] = option.defaultValue }
        return try make(
            Configuration(instance: plugin.descriptor.id, values: values.merging(options) { $1 }),
            PluginContext(baseDirectory: "/", stateDirectory: "/nonexistent", instruments: directory))
    }
}

/// Keeps what a stream pushes, and ends it once that is enough.
private final class Collector: EventReceiver {
    private let kept = Mutex<[EventBatch]>([])
    private let enough: Int

    init(until enough: Int) { self.enough = enough }

    var batches: [EventBatch] { kept.withLock { $0 } }

    func receive(_ delivery: Delivery) async throws(PluginError) {
        let count = kept.withLock { kept in
            kept.append(delivery.batch)
            return kept.reduce(0) { $0 + $1.count }
        }
        if count >= enough { throw PluginError(.cancelled, "test: enough.") }
    }
}

/// Knows one instrument.
private struct OneInstrument: InstrumentDirectory {
    let only: Instrument

    func instrument(_ id: InstrumentID) -> Instrument { only }
    func id(of instrument: Instrument) -> InstrumentID? { instrument == only ? InstrumentID(rawValue: 0) : nil }
}
