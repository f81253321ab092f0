import HostApp
import HostTrading
import PluginKit
import Testing

/// How a back-test is told: as text and as a page.
@Suite struct BacktestReportTests {
    private static func report(_ from: String = "sma(10) - sma(30)") throws -> BacktestReport {
        let day: Int64 = 86_400_000_000_000
        let bars = (0..<400).map { number in
            let price = 10 + Double(number % 50) / 10
            return Bar(
                time: 1_577_836_800_000_000_000 + Int64(number) * day, open: price, high: price, low: price,
                close: price,
                volume: 1e6, instrument: InstrumentID(rawValue: 0))
        }
        let plan = StrategyPlan(
            id: "s1", rule: StrategyRule(.threshold, enter: 12, exit: 11), capital: try #require(Money(1e5)),
            members: [StrategyPlan.Member("AAPL.US", .free(commission: 0.001))])
        let data = BacktestData(bars) { _ in 0 }
        let frame = BacktestReport.Frame(configuration: ["from": from, "rule": "threshold"], digest: "d", tries: 3)
        return try #require(BacktestReport(data.run(plan, signals: bars.map(\.close)), data, frame))
    }

    @Test func textHasFiguresBesideWhatCouldHaveBeenHeld() throws {
        let text = BacktestText.text(try Self.report())
        #expect(text.hasPrefix("strategy/s1: threshold by sma(10) - sma(30), 2020-01-01 ... 2021-02-03, 400 bars, "))
        for words in [
            "deflated for 3 tries", "buy and hold", "equal weight", "\n2020 ", "\n2021 ", "AAPL.US", "commission",
        ] {
            #expect(text.contains(words), "\(words)\n\(text)")
        }
    }

    @Test func nothingInAPageIsMarkupThatWasNotMeant() throws {
        let html = BacktestPage(try Self.report("<script>alert('x')</script> & \"y\"")).html
        #expect(html.contains("&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;y&quot;"))
        #expect(!html.contains("<script") && !html.contains("nan"))
        #expect(html.split(separator: "<polyline").count == 5, "three curves and the drawdown")
    }

    @Test func theSameRunIsTheSameReport() throws {
        let (first, second) = (try Self.report(), try Self.report())
        #expect(!first.json.isEmpty && first.json == second.json)
    }

    @Test(arguments: [("10/30", 1), ("5,10/30,60", 4), ("10,30/30", 1)])
    func crossesAreRead(_ text: String, _ pairs: Int) throws {
        let cross = try #require(BacktestOrder.Cross(text))
        #expect(cross.fast.count * cross.slow.count >= pairs)
    }

    @Test(arguments: ["", "10", "10/", "a/b", "0/30", "10/20/30", "10,/30"]) func otherTextsAreNone(_ text: String) {
        #expect(BacktestOrder.Cross(text) == nil)
    }
}
