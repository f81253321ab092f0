import ArgumentParser
import CAllocationCounter
import HostCore
import Indicators
import PluginKit
import Synchronization

/// Bars of 50 instruments through quality and 20 indicator instances to a counting sink.
struct PipelineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "pipeline")

    @Option(help: "Bars to push.") var bars = 10_000_000
    @Option(help: "Times to repeat.") var rounds = 3
    @Option(help: "Instruments.") var instruments = 50
    @Option(help: "Bars a batch.") var batch = 1024
    @Option(help: "Partitions.") var workers = 1

    func run() async throws {
        var rates: [Double] = []
        for _ in 0..<rounds { rates.append(try await round()) }
        rates.sort()
        printResult("pipeline_bars_per_second", rates[rates.count / 2], "bars/s")
    }

    private func round() async throws -> Double {
        let table = InstrumentTable()
        let references = (0..<instruments).map { number in
            let instrument = Instrument(code: String(600_000 + number), venue: "SH")
            return InstrumentReference(id: table.intern(instrument), instrument: instrument)
        }
        let probe = Probe()
        let provider = LoopingBars(count: bars, instruments: instruments, batch: batch, probe: probe)
        let sink = CountingSink()
        let plan = PipelinePlan(
            id: "bench", instruments: references, directory: table,
            driving: InputPlan(
                timeframe: Timeframe(1, .minute), route: RoutePlan(only: ProviderSlot("looping", provider)),
                isReplay: true,
                features: FeaturePlan(try Self.indicators())),
            sinks: [
                SinkPlan(
                    id: "counting", sink: sink, records: [.bars, .features], capacity: 64, policy: .block,
                    digests: StreamDigests(common: ""))
            ], workers: workers)
        let pipeline = Pipeline(plan: plan, services: .discarding())
        let clock = ContinuousClock()
        let start = clock.now
        try await pipeline.run()
        let seconds = start.duration(to: clock.now).inSeconds
        let snapshot = pipeline.snapshot
        precondition(snapshot.addsUp && snapshot.accepted == bars, "every bar was accepted and counted")
        precondition(sink.rows == 2 * bars, "every bar and feature row reached the sink")
        let warm = Double(bars) * 0.9
        printResult("pipeline_allocations_per_bar", Double(probe.allocations) / warm, "allocations")
        printResult("pipeline_memory_growth", probe.memoryGrowth, "MiB")
        return Double(bars) / seconds
    }

    /// Twenty instances of the shipped indicators with usual settings.
    private static func indicators() throws -> [(id: String, prototype: any Indicator<Bar>)] {
        func make(
            _ type: any Indicator.Type, _ id: String, _ given: [String: ConfigurationValue]
        ) throws -> (
            id: String, prototype: any Indicator<Bar>
        ) {
            var values = given
            for option in type.descriptor.schema.options where values[option.name] == nil {
                values[option.name] = option.defaultValue
            }
            let made = try type.init(Configuration(instance: "indicator/\(id)", values: values))
            guard let indicator = made as? any Indicator<Bar> else {
                throw PluginError(.unsupported, "bench: \(id) reads no bars.")
            }
            return (id, indicator)
        }
        let periods: [(any Indicator.Type, String, [Int])] = [
            (SMA.self, "sma", [5, 20, 60]), (EMA.self, "ema", [12, 26]), (WMA.self, "wma", [10]),
            (RSI.self, "rsi", [6, 14]), (WilliamsR.self, "williams_r", [14]),
            (BollingerBands.self, "bollinger_bands", [20]), (ATR.self, "atr", [14]),
            (StandardDeviation.self, "standard_deviation", [20]), (VWAP.self, "vwap", [20]),
            (VolumeRatio.self, "volume_ratio", [5]),
        ]
        var all = try periods.flatMap { type, name, periods in
            try periods.map { try make(type, "\(name)\($0)", ["period": .integer($0)]) }
        }
        all.append(try make(MACD.self, "macd", [:]))
        all.append(try make(KDJ.self, "kdj", [:]))
        all.append(try make(OBV.self, "obv", [:]))
        all.append(try make(SMA.self, "sma10", ["period": .integer(10)]))
        all.append(try make(EMA.self, "ema50", ["period": .integer(50)]))
        all.append(try make(ATR.self, "atr20", ["period": .integer(20)]))
        precondition(all.count == 20, "twenty instances")
        return all
    }
}
