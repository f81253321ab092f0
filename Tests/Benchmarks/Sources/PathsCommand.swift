import ArgumentParser
import Indicators
import PluginKit

/// The same path with other events and other shapes: quotes, trades, 400 outputs, one bar at a time.
struct PathsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "paths")

    @Option(help: "Quotes and trades to push; of the others a part.") var events = 20_000_000
    @Option(help: "Measure only this: quotes, trades, outputs or singles.") var only: String?

    func run() async throws {
        if isWanted("quotes") { try await ticks("quotes", Self.quoteIndicators(), Self.makeQuote) }
        if isWanted("trades") { try await ticks("trades", Self.tradeIndicators(), Self.makeTrade) }
        if isWanted("outputs") { try await outputs() }
        if isWanted("singles") { try await singles() }
    }

    private func isWanted(_ name: String) -> Bool { only.map { $0 == name } ?? true }

    private func ticks<Event: MarketEvent>(
        _ name: String, _ indicators: [(id: String, prototype: any Indicator)],
        _ make: @escaping LoopingEvents<Event>.Make
    ) async throws {
        let run = try await PipelineRun(count: events, indicators: indicators).measure(make)
        printResult("pipeline_\(name)_per_second", run.rate, "\(name)/s")
        printResult("pipeline_allocations_per_\(name.dropLast())", run.allocations, "allocations")
    }

    /// 400 columns of plain averages: what a column costs, less what a bar costs without any.
    private func outputs() async throws {
        let columns = try (0..<400).map { place in
            try PipelineRun.indicator(SMA.self, "sma\(place)", ["period": .integer(2 + place)])
        }
        let full = try await PipelineRun(count: events / 40, indicators: columns).measure(makeBar)
        let bare = try await PipelineRun(count: events / 4, indicators: []).measure(makeBar)
        printResult("pipeline_output_of_400", (1e9 / full.rate - 1e9 / bare.rate) / 400, "ns")
        printResult("pipeline_bare_bar", 1e9 / bare.rate, "ns")
    }

    /// Deliveries of one bar each: what one costs does not grow with the number of instruments.
    private func singles() async throws {
        for instruments in [10, 3_000] {
            let run = try await PipelineRun(
                count: events / 20, instruments: instruments, batch: 1, indicators: PipelineCommand.indicators()
            ).measure(makeBar)
            printResult("pipeline_single_bar_of_\(instruments)", 1e6 / run.rate, "us")
        }
    }

    static func quoteIndicators() throws -> [(id: String, prototype: any Indicator)] {
        [
            try PipelineRun.indicator(QuotedSpread.self, "spread"),
            try PipelineRun.indicator(Microprice.self, "microprice"),
            try PipelineRun.indicator(QuoteImbalance.self, "imbalance"),
            try PipelineRun.indicator(OrderFlowImbalance.self, "flow"),
        ]
    }

    static func tradeIndicators() throws -> [(id: String, prototype: any Indicator)] {
        [
            try PipelineRun.indicator(SignedVolume.self, "signed"),
            try PipelineRun.indicator(TradeIntensity.self, "intensity"),
            try PipelineRun.indicator(TradeVolatility.self, "volatility"),
            try PipelineRun.indicator(RollSpread.self, "roll"),
        ]
    }

    private static func makeQuote(
        time: Int64, instrument: InstrumentID, before: Double, price: Double, random: UInt64
    ) -> Quote {
        Quote(
            time: time, bid: price * 0.9999, ask: price * 1.0001, bidSize: Double(random & 0xFF) + 1,
            askSize: Double(random >> 8 & 0xFF) + 1, instrument: instrument)
    }

    private static func makeTrade(
        time: Int64, instrument: InstrumentID, before: Double, price: Double, random: UInt64
    ) -> Trade {
        Trade(
            time: time, price: price, size: Double(random & 0xFF) + 1, side: random & 0x100 == 0 ? .buy : .sell,
            instrument: instrument)
    }
}
