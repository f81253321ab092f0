import Glibc
import LocalHistoryProvider
import PluginKit
import Synchronization
import TestSupport

/// Names and numbers of the instruments of a test.
struct TestInstruments: InstrumentDirectory {
    let all: [Instrument]

    init(_ names: [String]) throws { all = try names.map { try Instrument(parsing: $0) } }

    var references: [InstrumentReference] {
        all.enumerated().map {
            InstrumentReference(id: InstrumentID(rawValue: UInt32($0.offset)), instrument: $0.element)
        }
    }

    func instrument(_ id: InstrumentID) -> Instrument { all[Int(id.rawValue)] }

    func id(of instrument: Instrument) -> InstrumentID? {
        all.firstIndex(of: instrument).map { InstrumentID(rawValue: UInt32($0)) }
    }
}

/// The options of an instance: the schema's defaults, then the given ones.
func configuration(_ path: String, _ options: [String: ConfigurationValue] = [:]) -> Configuration {
    var values: [String: ConfigurationValue] = [:]
    for option in LocalHistory.descriptor.schema.options { values[option.name] = option.defaultValue }
    values["path"] = .text(path)
    values.merge(options) { _, new in new }
    return Configuration(instance: "provider/local_history", values: values)
}

/// Keeps what an instance remarks.
final class Log: Sendable {
    private let state = Mutex<[String]>([])

    var texts: [String] { state.withLock { $0 } }

    func take(_ level: PluginLogLevel, _ message: String, _ data: [String: String]) {
        if level == .warning { state.withLock { $0.append(data["remark"] ?? message) } }
    }
}

/// Builds an instance over a folder.
func history(
    _ path: String, _ options: [String: ConfigurationValue] = [:], log: Log = Log(),
    clock: any Clock<Duration> = ContinuousClock()
) throws -> LocalHistory {
    let temporary = getenv("TMPDIR").map { String(cString: $0) } ?? P_tmpdir
    let context = PluginContext(
        baseDirectory: "/", stateDirectory: temporary, instruments: try TestInstruments([]),
        log: { log.take($0, $1, $2) })
    return try LocalHistory(configuration(path, options), context: context, clock: clock)
}

/// Takes deliveries; throws `.cancelled` after some, where told to.
final class Recorder: EventReceiver {
    private let state: Mutex<[Delivery]> = Mutex([])
    private let limit: Int
    private let onDelivery: @Sendable (Int) -> Void

    init(limit: Int = .max, onDelivery: @escaping @Sendable (Int) -> Void = { _ in }) {
        self.limit = limit
        self.onDelivery = onDelivery
    }

    var deliveries: [Delivery] { state.withLock { $0 } }

    var bars: [Bar] {
        deliveries.flatMap { delivery -> [Bar] in
            if case .bars(let bars) = delivery.batch { bars } else { [] }
        }
    }

    var defects: [Defect] { deliveries.flatMap(\.defects) }

    func receive(_ delivery: Delivery) async throws(PluginError) {
        let count = state.withLock { deliveries in
            deliveries.append(delivery)
            return deliveries.count
        }
        onDelivery(count)
        if count >= limit { throw PluginError(.cancelled, "test: enough.") }
    }
}

/// Streams a folder into a recorder to its end.
func replay(
    _ provider: LocalHistory, _ names: [String], timeframe: Timeframe = Timeframe(1, .day),
    after position: StreamPosition? = nil
) async throws -> Recorder {
    let recorder = Recorder()
    let subscription = Subscription(
        instruments: try TestInstruments(names).references, kind: .bar, timeframe: timeframe, resumeAfter: position)
    try await provider.stream(subscription, into: recorder)
    return recorder
}

/// Asks for all bars of some instruments.
func allBars(
    _ provider: LocalHistory, _ names: [String], timeframe: Timeframe = Timeframe(1, .day)
) async throws -> BarsReply {
    let reply = try await provider.fetch(
        FetchRequest(.bar, of: try TestInstruments(names).references, timeframe: timeframe))
    return (try reply.events(Bar.self), reply.defects)
}

/// Bars, and what could not be read.
typealias BarsReply = (events: [Bar], defects: [Defect])

/// Nanoseconds of an instant, given in seconds since the Unix epoch.
func nanoseconds(_ seconds: Int64) -> Int64 { seconds * 1_000_000_000 }

/// Folders beside the tests.
enum TestData {
    /// Bars the repository ships.
    static let shipped = Repository.history
    /// Market data that is not part of the repository.
    static let market = Repository.market
    static let hasMarket = Repository.hasMarket
}

/// Bars as text, so that a NaN amount equals itself.
func shown(_ bars: some Sequence<Bar>) -> [String] { bars.map { "\($0.instrument.rawValue) \($0)" } }
