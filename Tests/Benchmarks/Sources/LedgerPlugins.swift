import PluginKit
import Synchronization

/// What the paced provider sent and what the ledger sinks got, by instrument: proves that nothing is lost or doubled.
final class Ledger: Sendable {
    /// What is wrong so far.
    struct Faults: Sendable, Hashable {
        var lost = 0
        var doubled = 0
        var outOfOrder = 0
    }

    private struct State {
        var sent: [UInt32: Int64] = [:]
        var seen: [UInt32: Int64] = [:]
        var faults = Faults()
        var rows = 0
    }

    static let shared = Ledger()
    private let state = Mutex(State())

    /// Rows the sinks got.
    var rows: Int { state.withLock { $0.rows } }

    /// Notes the number of the last bar sent of an instrument.
    func send(_ instrument: InstrumentID, _ number: Int64) {
        state.withLock { $0.sent[instrument.rawValue] = number }
    }

    /// Notes a bar that reached a sink.
    func take(_ instrument: InstrumentID, _ number: Int64) {
        state.withLock { state in
            let last = state.seen[instrument.rawValue] ?? 0
            state.rows += 1
            switch number {
            case last + 1: break
            case ...0, last: state.faults.doubled += 1
            case ..<last: state.faults.outOfOrder += 1
            default: state.faults.lost += Int(number - last - 1)
            }
            state.seen[instrument.rawValue] = max(last, number)
        }
    }

    /// What is wrong once everything was delivered.
    func close() -> Faults {
        state.withLock { state in
            var faults = state.faults
            for (id, number) in state.sent { faults.lost += Int(number - (state.seen[id] ?? 0)) }
            return faults
        }
    }
}

/// Pushes a steady number of bars a second until it is cancelled; each carries its number. For measuring only.
struct PacedBars: Provider {
    static let descriptor = PluginDescriptor(
        kind: .provider, name: "paced", summary: "Bars for measurements.",
        schema: ConfigurationSchema([
            .integer(
                "rate", 100...1_000_000, default: 10_000, unit: "bars/s", "Bars a second, all instruments together.")
        ]),
        provider: ProviderCapabilities(fetches: [.bar], streams: [.bar], isReplay: true, needsNetwork: false))

    private static let minute: Int64 = 60_000_000_000
    /// Bars of history before the stream begins.
    private static let past: Int64 = 400
    private let rate: Int

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        rate = try configuration.integer("rate")
    }

    func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        Reply(events: (1...Self.past).flatMap { number in request.instruments.map { Self.bar($0.id, number) } })
    }

    func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
        let clock = ContinuousClock()
        let size = max(1, rate / 100)
        var next = clock.now
        var sent: Int64 = 0
        let count = Int64(subscription.instruments.count)
        while true {
            var bars: [Bar] = []
            bars.reserveCapacity(size)
            for _ in 0..<size {
                let id = subscription.instruments[Int(sent % count)].id
                bars.append(Self.bar(id, sent / count + 1 + Self.past))
                sent += 1
            }
            try await receiver.receive(Delivery(batch: .bars(bars), position: StreamPosition("\(sent)")))
            for bar in bars { Ledger.shared.send(bar.instrument, bar.time / Self.minute - Self.past) }
            next += .milliseconds(10)
            do { try await clock.sleep(until: next) } catch {
                throw PluginError(.cancelled, "provider/paced: cancelled.")
            }
        }
    }

    private static func bar(_ id: InstrumentID, _ number: Int64) -> Bar {
        // A fixed wave: the ledger looks at numbers, not at prices.
        let close = 100 + Double((number * 7 + Int64(id.rawValue)) % 13)
        return Bar(
            time: number * minute, open: close, high: close + 1, low: close - 1, close: close, volume: 100,
            instrument: id)
    }

    /// The number of a bar of the stream, from 1.
    static func number(of bar: Bar) -> Int64 { bar.time / minute - past }
}

/// Writes every bar into the ledger.
final class LedgerSink: Sink {
    static let descriptor = PluginDescriptor(
        kind: .sink, name: "ledger", summary: "Counts bars for measurements.",
        schema: ConfigurationSchema([.integer("mark", 0...1_000_000, default: 0, "Tells instances apart.")]),
        accepts: Set(RecordKind.allCases))

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {}

    func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        guard case .bars(let bars) = batch.content else { return .accepted }
        for bar in bars { Ledger.shared.take(bar.instrument, PacedBars.number(of: bar)) }
        return .accepted
    }
}
