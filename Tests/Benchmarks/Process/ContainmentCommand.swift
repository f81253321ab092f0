import ArgumentParser
import FoundationEssentials
import HostCore
import HostProcess
import Indicators
import PluginKit
import Synchronization

/// The latency of a healthy pipeline alone, and beside a plugin that misbehaves in each of twelve ways.
struct ContainmentCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "containment")

    @Option(help: "Batches of a run, one a millisecond.") var batches = 1_500
    @Option(help: "Bars a batch.") var batch = 64

    func run() async throws {
        // Alone and beside take turns, so that other work of the machine falls on both.
        var (alone, beside) = ([Double](), [Double]())
        for trouble in Trouble.all {
            let quiet = percentile(try await run(beside: nil), 0.99)
            let disturbed = percentile(try await run(beside: trouble), 0.99)
            printResult("containment_p99_\(trouble.name)_alone", quiet, "us")
            printResult("containment_p99_\(trouble.name)", disturbed, "us")
            alone.append(quiet)
            beside.append(disturbed)
        }
        printResult("containment_p99_alone", percentile(alone, 0.5), "us")
        printResult("containment_p99_beside", percentile(beside, 0.5), "us")
        printResult("containment_p99_worst", beside.max() ?? .nan, "us")
    }

    /// Returns the time of each batch from the provider to the sink, in microseconds.
    private func run(beside trouble: Trouble?) async throws -> [Double] {
        let ledger = Ledger(batches)
        let table = InstrumentTable()
        let instrument = Instrument(code: "BENCH", venue: "US")
        let reference = InstrumentReference(id: table.intern(instrument), instrument: instrument)
        let plan = PipelinePlan(
            id: "healthy", instruments: [reference], directory: table,
            driving: InputPlan(
                timeframe: Timeframe(1, .minute),
                route: RoutePlan(only: ProviderSlot("paced", PacedBars(ledger, batches, batch))),
                isReplay: true,
                features: FeaturePlan([
                    ("sma", try indicator(.indicator(SMA.self))), ("rsi", try indicator(.indicator(RSI.self))),
                ])),
            sinks: [
                SinkPlan(
                    id: "noting", sink: NotingSink(ledger), records: [.features], capacity: 64, policy: .block,
                    digests: StreamDigests(common: ""))
            ],
            workers: 1)
        let pipeline = Pipeline(plan: plan, services: .discarding())
        let neighbour = Task { await trouble?.keepUp() }
        try await pipeline.run()
        neighbour.cancel()
        await neighbour.value
        return ledger.spans
    }
}

/// When each batch left the provider and reached the sink.
private final class Ledger: Sendable {
    private let state: Mutex<(sent: [ContinuousClock.Instant], spans: [Double])>

    init(_ count: Int) { state = Mutex((Array(repeating: .now, count: count), [])) }

    var spans: [Double] { state.withLock { $0.spans } }

    func sent(_ number: Int) { state.withLock { $0.sent[number] = .now } }

    func arrived(_ number: Int) {
        let now = ContinuousClock.now
        state.withLock { $0.spans.append((now - $0.sent[number]) / .microseconds(1)) }
    }
}

/// Pushes a batch a millisecond; each bar's time says which batch it is of.
private struct PacedBars: Provider {
    static let descriptor = PluginDescriptor(
        kind: .provider, name: "paced", summary: "Bars for measurements.", schema: ConfigurationSchema([]),
        provider: ProviderCapabilities(fetches: [], streams: [.bar], isReplay: true, needsNetwork: false))

    let ledger: Ledger
    let batches: Int
    let batch: Int

    init(_ ledger: Ledger, _ batches: Int, _ batch: Int) {
        (self.ledger, self.batches, self.batch) = (ledger, batches, batch)
    }

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "provider/paced: is for the benchmark.")
    }

    func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
        let all = wanderingBars(batches * batch)
        for number in 0..<batches {
            do { try await Task.sleep(for: .milliseconds(1)) } catch {
                throw PluginError(.cancelled, "provider/paced: cancelled.")
            }
            let bars = Array(all[number * batch..<(number + 1) * batch])
            ledger.sent(number)
            try await receiver.receive(Delivery(batch: .bars(bars), position: StreamPosition("\(number)")))
        }
    }
}

/// Notes the arrival of the last bar of each batch.
private struct NotingSink: Sink {
    static let descriptor = PluginDescriptor(
        kind: .sink, name: "noting", summary: "Notes arrivals.", schema: ConfigurationSchema([]), accepts: [.features])

    let ledger: Ledger

    init(_ ledger: Ledger) { self.ledger = ledger }

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "sink/noting: is for the benchmark.")
    }

    func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        if case .features(let features) = batch.content, let last = features.rows.last {
            ledger.arrived(Int(last.time / 60_000_000_000 - 1) / features.rows.count)
        }
        return .accepted
    }
}
