import HostCore
import PluginKit

/// One pipeline that is measured: events of some instruments through quality and indicators to a counting sink.
struct PipelineRun {
    /// What was measured.
    struct Result {
        /// Events a second.
        let rate: Double
        /// Allocations an event, once warm.
        let allocations: Double
        /// Growth of the resident memory, once warm, in MiB.
        let memoryGrowth: Double
    }

    var count: Int
    var instruments = 50
    var batch = 1_024
    var workers = 1
    var indicators: [(id: String, prototype: any Indicator)]

    /// Runs it once over events of a kind.
    func measure<Event: MarketEvent>(_ make: @escaping LoopingEvents<Event>.Make) async throws -> Result {
        let table = InstrumentTable()
        let references = (0..<instruments).map { number in
            let instrument = Instrument(code: String(600_000 + number), venue: "SH")
            return InstrumentReference(id: table.intern(instrument), instrument: instrument)
        }
        let probe = Probe()
        let kind = type(of: RecordBatch.Content(.empty(Event.kind)).rows).kind
        let provider = LoopingEvents<Event>(
            count: count, instruments: instruments, batch: batch, probe: probe, make: make)
        let sink = CountingSink()
        let plan = PipelinePlan(
            id: "bench", instruments: references, directory: table,
            driving: InputPlan(
                kind: Event.kind, timeframe: Timeframe(1, .minute),
                route: RoutePlan(only: ProviderSlot("looping", provider)),
                isReplay: true, features: FeaturePlan(indicators)),
            sinks: [
                SinkPlan(
                    id: "counting", sink: sink, records: [kind, .features],
                    capacity: 64, policy: .block, digests: StreamDigests(common: ""))
            ], workers: workers)
        let pipeline = Pipeline(plan: plan, services: .discarding())
        let clock = ContinuousClock()
        let start = clock.now
        try await pipeline.run()
        let seconds = start.duration(to: clock.now).inSeconds
        let snapshot = pipeline.snapshot
        precondition(snapshot.addsUp && snapshot.accepted == count, "every event was accepted and counted")
        precondition(sink.rows == (indicators.isEmpty ? 1 : 2) * count, "every event and feature row reached the sink")
        return Result(
            rate: Double(count) / seconds, allocations: Double(probe.allocations) / (Double(count) * 0.9),
            memoryGrowth: probe.memoryGrowth)
    }

    /// An indicator with some of its options, the rest at their defaults.
    static func indicator(
        _ type: any Indicator.Type, _ id: String, _ given: [String: ConfigurationValue] = [:]
    ) throws -> (id: String, prototype: any Indicator) {
        var values = given
        for option in type.descriptor.schema.options where values[option.name] == nil {
            values[option.name] = option.defaultValue
        }
        return (id, try type.init(Configuration(instance: "indicator/\(id)", values: values)))
    }
}

/// A bar of the measurements.
func makeBar(time: Int64, instrument: InstrumentID, before: Double, price: Double, random: UInt64) -> Bar {
    Bar(
        time: time, open: before, high: max(before, price) * 1.0005, low: min(before, price) * 0.9995, close: price,
        volume: Double(random & 0xFFFF) + 100, instrument: instrument)
}
