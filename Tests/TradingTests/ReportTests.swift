import HostTrading
import PluginKit
import Testing

/// What a back-test says of itself.
@Suite struct ReportTests {
    private static let frame = BacktestReport.Frame(configuration: ["from": "x"], digest: "d")

    /// Two instruments over 60 days: one rises by 1 % a day, one stands still.
    private static func bars() -> [Bar] {
        (0..<60).flatMap { day in
            let price = 10 * (0..<day).reduce(1.0) { value, _ in value * 1.01 }
            return [SessionTests.bar(day, price, price), SessionTests.bar(day, 10, 10, of: 1)]
        }
    }

    private static func report(
        _ signals: [Double], capital: Double = 1_000_000, _ frame: BacktestReport.Frame = frame
    ) throws -> BacktestReport {
        let plan = try SessionTests.plan(
            StrategyRule(.topK, count: 1), ["600000.SH", "600036.SH"], capital: capital,
            execution: Execution(participation: 0.1, spread: 0))
        let data = BacktestData(bars()) { Int($0.rawValue) }
        return try #require(BacktestReport(data.run(plan, signals: data.ordered(signals)), data, frame))
    }

    @Test func whatIsHeldStandsBesideWhatCouldHaveBeen() throws {
        let report = try Self.report((0..<60).flatMap { _ in [1.0, 0.0] })
        #expect(report.from == "2024-01-01" && report.through == "2024-02-29" && report.fills == 1)
        let (hold, equal) = (report.benchmarks[0], report.benchmarks[1])
        #expect(hold.name == "buy and hold" && abs(hold.figures.totalReturn - 0.39936) < 1e-4)
        #expect(abs(equal.figures.totalReturn - 0.34216) < 1e-4)
        #expect(report.figures.totalReturn > 0.7 && report.figures.maxDrawdown < 0.001)
        #expect(report.months.map(\.month) == ["2024-01", "2024-02"])
        #expect((report.informationRatio ?? 0) > 1 && report.exposure > 0.9)
        #expect(report.instruments.map(\.instrument) == ["600000.SH"])
        #expect(report.won == nil && report.closed == 0 && report.fees["stamp_duty"] == 0)
        // A volume of 1e9, a tenth of which may be traded: some 98,900 of these shares are a thousandth of that.
        #expect((report.capacity ?? 0) > 1e9)
        let sum = report.instruments.reduce(report.capital) { $0 + $1.profit }
        #expect(abs(sum - report.equity) < 0.01, "what instruments brought is what the account gained")
    }

    @Test func whatWasTriedIsTakenOff() throws {
        let signals = (0..<60).flatMap { [Double($0 % 7), 3.0] }
        let alone = try Self.report(signals)
        var many = Self.frame
        many.tries = 1_000
        let chosen = try Self.report(signals, many)
        #expect(alone.figures == chosen.figures)
        let (one, best) = (try #require(alone.deflatedSharpe), try #require(chosen.deflatedSharpe))
        #expect(one > best && (0...1).contains(best))
    }

    @Test func anIndexStandsBeside() throws {
        var frame = Self.frame
        let first = try #require(TradingDay.days("2024-01-03"))
        frame.index = ("000300.SH", [first: 3_000, first + 10: 3_300])
        let index = try #require(try Self.report((0..<60).flatMap { _ in [1.0, 0.0] }, frame).benchmarks.last)
        #expect(index.name == "000300.SH" && abs(index.figures.totalReturn - 0.1) < 1e-9 && index.curve.first == 1)
    }

    @Test func nothingThatWasKnownIsNoReport() throws {
        let plan = try SessionTests.plan(StrategyRule(.topK), ["600000.SH", "600036.SH"])
        let data = BacktestData(Self.bars()) { Int($0.rawValue) }
        let session = data.run(plan, signals: data.bars.map { _ in .nan })
        #expect(BacktestReport(session, data, Self.frame) == nil && session.dailySharpe == nil)
    }

    @Test func partsOfTimeAndOtherInstrumentsAreLeftOut() {
        let all = Self.bars()
        let data = BacktestData(all, from: all[10].time, through: all[20].time) { $0.rawValue == 0 ? 0 : nil }
        #expect(data.bars.count == 6 && data.steps.count == 6 && data.sources.first == 10)
    }

    /// Probabilistic Sharpe ratio and its deflation of ten returns, by the formulas of the paper in Python (statistics.NormalDist).
    @Test(arguments: [
        (1, nil as Double?, 0.902711905858845), (100, nil, 0.14086599415080098), (100, 0.04, 0.44947095657143693),
    ])
    func sharpeRatiosAreDeflatedAsInThePaper(_ tries: Int, _ variance: Double?, _ expected: Double) throws {
        let worth = [1.0, 1.02, 1.01, 1.05, 1.03, 1.08, 1.10, 1.06, 1.12, 1.11, 1.15]
        let moments = try #require(ReturnMoments(zip(worth, worth.dropFirst()).map { $1 / $0 - 1 }))
        #expect(abs((moments.sharpe ?? 0) - 0.4609877020022906) < 1e-12)
        #expect(abs(moments.skewness + 0.2132842803169063) < 1e-9 && abs(moments.kurtosis - 1.7218121568877471) < 1e-9)
        #expect(abs((moments.deflated(tries: tries, variance: variance) ?? 0) - expected) < 1e-8)
    }

    @Test func figuresOfReturnsAreThoseOfTheFormulas() {
        let worth = [1.0, 1.02, 1.01, 1.05, 1.03, 1.08, 1.10, 1.06, 1.12, 1.11, 1.15]
        let figures = ReturnFigures(worth.enumerated().map { (day: Int32($0.offset), worth: $0.element) })
        #expect(abs(figures.totalReturn - 0.15) < 1e-12 && abs(figures.maxDrawdown - 0.0363636363) < 1e-9)
        #expect(figures.longestDrawdown == 1 && figures.annualReturn == nil)
    }
}
