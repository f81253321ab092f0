import ArgumentParser
import HostCore
import Indicators
import PluginKit

/// Bars of 50 instruments through quality and 20 indicator instances to a counting sink.
struct PipelineCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "pipeline")

    @Option(help: "Bars to push.") var bars = 10_000_000
    @Option(help: "Times to repeat.") var rounds = 3
    @Option(help: "Instruments.") var instruments = 50
    @Option(help: "Bars a batch.") var batch = 1024
    @Option(help: "Partitions.") var workers = 1

    func run() async throws {
        var runs: [PipelineRun.Result] = []
        let pipeline = PipelineRun(
            count: bars, instruments: instruments, batch: batch, workers: workers, indicators: try Self.indicators())
        for _ in 0..<rounds { runs.append(try await pipeline.measure(makeBar)) }
        for run in runs {
            printResult("pipeline_allocations_per_bar", run.allocations, "allocations")
            printResult("pipeline_memory_growth", run.memoryGrowth, "MiB")
        }
        let rates = runs.map(\.rate).sorted()
        printResult("pipeline_bars_per_second", rates[rates.count / 2], "bars/s")
    }

    /// Twenty instances of the shipped indicators with usual settings.
    static func indicators() throws -> [(id: String, prototype: any Indicator)] {
        let periods: [(any Indicator.Type, String, [Int])] = [
            (SMA.self, "sma", [5, 20, 60]), (EMA.self, "ema", [12, 26]), (WMA.self, "wma", [10]),
            (RSI.self, "rsi", [6, 14]), (WilliamsR.self, "williams_r", [14]),
            (BollingerBands.self, "bollinger_bands", [20]), (ATR.self, "atr", [14]),
            (StandardDeviation.self, "standard_deviation", [20]), (VWAP.self, "vwap", [20]),
            (VolumeRatio.self, "volume_ratio", [5]),
        ]
        var all = try periods.flatMap { type, name, periods in
            try periods.map { try PipelineRun.indicator(type, "\(name)\($0)", ["period": .integer($0)]) }
        }
        all.append(try PipelineRun.indicator(MACD.self, "macd"))
        all.append(try PipelineRun.indicator(KDJ.self, "kdj"))
        all.append(try PipelineRun.indicator(OBV.self, "obv"))
        all.append(try PipelineRun.indicator(SMA.self, "sma10", ["period": .integer(10)]))
        all.append(try PipelineRun.indicator(EMA.self, "ema50", ["period": .integer(50)]))
        all.append(try PipelineRun.indicator(ATR.self, "atr20", ["period": .integer(20)]))
        precondition(all.count == 20, "twenty instances")
        return all
    }
}
