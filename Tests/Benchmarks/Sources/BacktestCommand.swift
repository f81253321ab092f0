import ArgumentParser
import FoundationEssentials
import HostCore
import HostTrading
import Indicators
import PluginKit

/// The cross of two moving averages with orders and fees over real daily bars of A-shares, repeated and a minute apart, as
/// ../shared/peers/akquant_backtest.py does it: 100 shares, filled at the next open, 3 basis points. The time is that from bars to
/// the last fill: averages, order of bars, account.
struct BacktestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "backtest")

    @Option(help: "Bars, of all instruments together.") var bars = 300_000
    @Option(help: "Instruments.") var symbols = 1
    @Option(help: "Folder of daily bars, a CSV file an instrument.") var folder =
        "../shared/data/market/qbot_a_share_daily"
    @Option(help: "Runs; the fastest counts.") var rounds = 5
    @Option(help: "Writes every fill into this file.") var fills: String?

    func run() throws {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let chosen = files.filter { $0.hasSuffix(".csv") }.sorted().prefix(symbols)
        guard !chosen.isEmpty else { throw ValidationError("backtest: no bars in '\(folder)'.") }
        let bars = try chosen.enumerated().flatMap { place, file in try series(file, place, self.bars / chosen.count) }
        let plan = try plan(chosen.map { String($0.dropLast(4)) })
        var best = Double.infinity
        var session = TradingSession(plan)
        for _ in 0..<rounds {
            let span = try ContinuousClock().measure { session = try run(plan, bars) }
            best = min(best, span.inSeconds)
        }
        let closed = session.account.positions.reduce(0) { $0 + $1.closed }
        printResult("backtest_bars_per_second", Double(bars.count) / best, "bars/s")
        printResult("backtest_closed_trades", Double(closed), "trades")
        printResult("backtest_equity", session.equity.number, "CNY")
        if let fills {
            let lines = session.fills.map {
                "\($0.time) \($0.place) \($0.side.rawValue) \($0.price.number) \($0.fees.total.number)\n"
            }
            try Data(lines.joined().utf8).write(to: URL(filePath: fills))
        }
    }

    private func run(_ plan: StrategyPlan, _ bars: [Bar]) throws -> TradingSession {
        let features = FeaturePlan([("fast", try average(10)), ("slow", try average(30))])
        var bank = IndicatorBank<Bar>(plan: features)
        var rows: [Double] = []
        bank.process(bars, into: &rows)
        let signals = bars.indices.map { rows[2 * $0] - rows[2 * $0 + 1] }
        let data = BacktestData(bars) { Int($0.rawValue) }
        return data.run(plan, signals: data.ordered(signals))
    }

    private func average(_ period: Int) throws -> SMA {
        try SMA(
            Configuration(instance: "indicator/sma", values: ["period": .integer(period), "source": .text("close")]))
    }

    private func plan(_ names: [String]) throws -> StrategyPlan {
        guard let capital = Money(1e9) else { throw ValidationError("backtest: no such capital.") }
        return StrategyPlan(
            id: "bench", rule: StrategyRule(.threshold, shares: Fixed(100)),
            execution: Execution(participation: 1, spread: 0),
            capital: capital, members: names.map { StrategyPlan.Member($0, .free(commission: 0.0003)) },
            span: 60_000_000_000)
    }

    private func series(_ file: String, _ place: Int, _ count: Int) throws -> [Bar] {
        let text = try String(contentsOf: URL(filePath: "\(folder)/\(file)"), encoding: .utf8)
        let lines = text.split(whereSeparator: \.isNewline)
        let names = lines.first?.split(separator: ",").map(String.init) ?? []
        let columns = ["open", "high", "low", "close", "vol"].compactMap { names.firstIndex(of: $0) }
        guard columns.count == 5 else { throw ValidationError("backtest: '\(file)' lacks a column.") }
        let rows = lines.dropFirst().map { line in
            let cells = line.split(separator: ",", omittingEmptySubsequences: false)
            return columns.map { Double(cells[$0]) ?? .nan }
        }
        return (0..<count).map { number in
            let row = rows[number % rows.count]
            return Bar(
                time: 1_577_836_800_000_000_000 + Int64(number) * 60_000_000_000, open: row[0], high: row[1],
                low: row[2],
                close: row[3], volume: row[4], instrument: InstrumentID(rawValue: UInt32(place)))
        }
    }
}
