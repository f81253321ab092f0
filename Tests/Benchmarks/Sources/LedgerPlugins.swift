import PluginKit
import Synchronization

/// What the paced provider sent and what the ledger sinks got, by kind of event and instrument: proves that nothing is lost or
/// doubled.
final class Ledger: Sendable {
    /// What is wrong so far.
    struct Faults: Sendable, Hashable {
        var lost = 0
        var doubled = 0
        var outOfOrder = 0
    }

    private struct Series: Hashable {
        let kind: EventKind
        let instrument: InstrumentID
    }

    private struct State {
        var sent: [Series: Int64] = [:]
        var seen: [Series: Int64] = [:]
        var rows: [EventKind: Int] = [:]
        var faults = Faults()
        var pace: Pace?
        var answers: Int64 = 0
        var predicted: [InstrumentID: Int64] = [:]
        var predictionFaults = Faults()
        var versions: Set<Int> = []
        var lags: [Double] = []
    }

    /// When a stream began, events of a delivery, and instruments that take turns.
    struct Pace {
        let start: ContinuousClock.Instant
        let size: Int
        let instruments: Int

        /// When an event was due.
        func due(_ instrument: InstrumentID, _ number: Int64) -> ContinuousClock.Instant {
            let place = (Int(number) - 1) * instruments + Int(instrument.rawValue)
            return start + .milliseconds(10 * (place / size))
        }
    }

    static let shared = Ledger()
    private let state = Mutex(State())

    /// Counts answers about the past, from 0.
    func nextAnswer() -> Int64 {
        state.withLock { state in
            defer { state.answers += 1 }
            return state.answers
        }
    }

    /// Events the sinks got.
    var rows: Int { state.withLock { $0.rows.values.reduce(0, +) } }

    /// Events of a kind the sinks got.
    func rows(of kind: EventKind) -> Int { state.withLock { $0.rows[kind] ?? 0 } }

    /// Notes events that were sent.
    func send<Event: MarketEvent>(_ events: [Event]) {
        state.withLock { state in
            for event in events {
                state.sent[Series(kind: Event.kind, instrument: event.instrument)] = PacedEvents.number(at: event.time)
            }
        }
    }

    /// Notes events that reached a sink.
    func take<Event: MarketEvent>(_ events: [Event]) {
        state.withLock { state in
            for event in events { Self.take(event, &state) }
        }
    }

    private static func take<Event: MarketEvent>(_ event: Event, _ state: inout State) {
        let series = Series(kind: Event.kind, instrument: event.instrument)
        let (number, last) = (PacedEvents.number(at: event.time), state.seen[series] ?? 0)
        state.rows[Event.kind, default: 0] += 1
        switch number {
        case last + 1: break
        case ...0, last: state.faults.doubled += 1
        case ..<last: state.faults.outOfOrder += 1
        default: state.faults.lost += Int(number - last - 1)
        }
        state.seen[series] = max(last, number)
    }

    /// Notes when the stream of bars began.
    func begin(_ pace: Pace) { state.withLock { $0.pace = pace } }

    /// Notes predictions that reached a sink: how long after their bar was due, whether one is missing, by which version.
    func take(_ batch: PredictionBatch) {
        let now = ContinuousClock.now
        let version = batch.outputs.lastIndex { $0.name == "version" }
        state.withLock { state in
            for (row, prediction) in batch.rows.enumerated() {
                let number = PacedEvents.number(at: prediction.time)
                guard number > 0 else { continue }
                if let pace = state.pace {
                    state.lags.append((now - pace.due(prediction.instrument, number)) / .milliseconds(1))
                }
                if let last = state.predicted[prediction.instrument] {
                    if number <= last { state.predictionFaults.doubled += 1 }
                    if number > last + 1 { state.predictionFaults.lost += Int(number - last - 1) }
                }
                state.predicted[prediction.instrument] = number
                if let version { state.versions.insert(Int(batch.values[row * batch.outputs.count + version])) }
            }
        }
    }

    /// Returns the lags of predictions since the last call, in milliseconds and sorted, and forgets them.
    func takeLags() -> [Double] {
        state.withLock { state in
            defer { state.lags = [] }
            return state.lags.sorted()
        }
    }

    /// What was wrong with predictions, and by which versions they were.
    var predictions: (faults: Faults, versions: Set<Int>) {
        state.withLock { ($0.predictionFaults, $0.versions) }
    }

    /// What is wrong once everything was delivered.
    func close() -> Faults {
        state.withLock { state in
            var faults = state.faults
            for (series, number) in state.sent { faults.lost += Int(number - (state.seen[series] ?? 0)) }
            return faults
        }
    }
}

/// Pushes a steady number of bars, trades or quotes a second until it is cancelled; each carries its number. For measuring only.
struct PacedEvents: Provider {
    static let descriptor = PluginDescriptor(
        kind: .provider, name: "paced", summary: "Events for measurements.",
        schema: ConfigurationSchema([
            .integer(
                "rate", 100...1_000_000, default: 10_000, unit: "events/s",
                "Events a second of one stream, all instruments together."),
            .boolean("counted", default: true, "Whether a ledger sink gets them as records."),
            .boolean(
                "growing", default: false, "Whether each answer about the past has a bar more than the one before."),
        ]),
        provider: ProviderCapabilities(
            fetches: [.bar], streams: [.bar, .trade, .quote], isReplay: true, needsNetwork: false))

    private static let minute: Int64 = 60_000_000_000
    /// Bars of history before the stream begins.
    private static let past: Int64 = 400
    private let rate: Int
    private let isCounted: Bool
    private let isGrowing: Bool

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        rate = try configuration.integer("rate")
        isCounted = try configuration.boolean("counted")
        isGrowing = try configuration.boolean("growing")
    }

    func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        let last = Self.past + (isGrowing ? Ledger.shared.nextAnswer() : 0)
        return Reply(events: (1...last).flatMap { number in request.instruments.map { Self.bar($0.id, number) } })
    }

    func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
        switch subscription.kind {
        case .trade: try await push(subscription, receiver, Self.trade)
        case .quote: try await push(subscription, receiver, Self.quote)
        default: try await push(subscription, receiver, Self.bar)
        }
    }

    private func push<Event: MarketEvent>(
        _ subscription: Subscription, _ receiver: any EventReceiver, _ make: (InstrumentID, Int64) -> Event
    ) async throws(PluginError) {
        let clock = ContinuousClock()
        let size = max(1, rate / 100)
        var next = clock.now
        var sent: Int64 = 0
        let count = Int64(subscription.instruments.count)
        if Event.kind == .bar {
            Ledger.shared.begin(Ledger.Pace(start: next, size: size, instruments: Int(count)))
        }
        while true {
            var events: [Event] = []
            events.reserveCapacity(size)
            for _ in 0..<size {
                events.append(make(subscription.instruments[Int(sent % count)].id, sent / count + 1 + Self.past))
                sent += 1
            }
            try await receiver.receive(Delivery(batch: Event.batch(events), position: StreamPosition("\(sent)")))
            if isCounted { Ledger.shared.send(events) }
            next += .milliseconds(10)
            do { try await clock.sleep(until: next) } catch {
                throw PluginError(.cancelled, "provider/paced: cancelled.")
            }
        }
    }

    /// A fixed wave: the ledger looks at numbers, not at prices.
    private static func price(_ id: InstrumentID, _ number: Int64) -> Double {
        100 + Double((number * 7 + Int64(id.rawValue)) % 13)
    }

    private static func bar(_ id: InstrumentID, _ number: Int64) -> Bar {
        let close = price(id, number)
        return Bar(
            time: number * minute, open: close, high: close + 1, low: close - 1, close: close, volume: 100,
            instrument: id)
    }

    private static func trade(_ id: InstrumentID, _ number: Int64) -> Trade {
        Trade(time: number * minute, price: price(id, number), size: 100, side: .buy, instrument: id)
    }

    private static func quote(_ id: InstrumentID, _ number: Int64) -> Quote {
        let price = price(id, number)
        return Quote(
            time: number * minute, bid: price - 0.5, ask: price + 0.5, bidSize: 100, askSize: 100, instrument: id)
    }

    /// The number of an event of the stream, from 1.
    static func number(at time: Int64) -> Int64 { time / minute - past }
}

/// Writes every event into the ledger.
final class LedgerSink: Sink {
    static let descriptor = PluginDescriptor(
        kind: .sink, name: "ledger", summary: "Counts events for measurements.",
        schema: ConfigurationSchema([.integer("mark", 0...1_000_000, default: 0, "Tells instances apart.")]),
        accepts: Set(RecordKind.allCases))

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {}

    func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        switch batch.content {
        case .bars(let bars): Ledger.shared.take(bars)
        case .trades(let trades): Ledger.shared.take(trades)
        case .quotes(let quotes): Ledger.shared.take(quotes)
        case .predictions(let batch): Ledger.shared.take(batch)
        default: break
        }
        return .accepted
    }
}
