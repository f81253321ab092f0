package import HostTrading

/// The report of a back-test as one page that needs nothing else: no script, nothing fetched.
package struct BacktestPage {
    private let report: BacktestReport

    /// Takes the report.
    package init(_ report: BacktestReport) { self.report = report }

    /// The page.
    package var html: String {
        let title = "strategy/\(report.strategy)"
        let curves = [("the strategy", report.curve)] + report.benchmarks.map { ($0.name, $0.curve) }
        return ReportPage.html(
            title: title,
            """
            <p>\(ReportPage.escaped(headline))</p>
            <h2>Worth, 1 on the first day</h2>
            \(plot(curves))
            <h2>Below the highest so far</h2>
            \(plot([("drawdown", drawdown)]))
            <h2>Figures</h2>
            \(ReportPage.table(figures))
            <h2>Held instead</h2>
            \(ReportPage.table(beside))
            <h2>Months, percent</h2>
            \(months)
            <h2>Instruments</h2>
            \(ReportPage.table(instruments))
            <h2>What was run</h2>
            \(ReportPage.table([["key", "value"]] + report.configuration.sorted { $0.key < $1.key }.map { [$0.key, $0.value] }))
            """)
    }

    private var headline: String {
        "\(report.configuration["rule"] ?? "") by \(report.configuration["from"] ?? ""), \(report.from) to \(report.through), "
            + "\(report.bars) bars, \(report.fills) fills. Orders are filled at bars after the one they were decided by."
    }

    private var figures: [[String]] {
        let figures = report.figures
        return [
            ["figure", "value"], ["equity", BacktestText.number(report.equity, 2)],
            ["return", BacktestText.percent(figures.totalReturn)],
            ["return a year", BacktestText.percent(figures.annualReturn)],
            ["volatility a year", BacktestText.percent(figures.volatility)],
            ["Sharpe ratio", BacktestText.number(figures.sharpe, 3)],
            ["more than the luck of \(report.tries) tries", BacktestText.percent(report.deflatedSharpe)],
            ["information ratio", BacktestText.number(report.informationRatio, 3)],
            ["max drawdown", BacktestText.percent(figures.maxDrawdown)],
            ["longest drawdown, days", "\(figures.longestDrawdown)"],
            ["turnover a year", BacktestText.number(report.turnover, 2)],
            ["mean exposure", BacktestText.percent(report.exposure)], ["sold whole", "\(report.closed)"],
            ["sales that earned something", BacktestText.percent(report.won)],
            ["capacity", BacktestText.number(report.capacity, 0)],
        ]
            + report.fees.sorted { $0.key < $1.key }.map { ["cost: \($0.key)", BacktestText.number($0.value, 2)] }
            + report.refused.sorted { $0.key < $1.key }.map { ["not filled: \($0.key)", "\($0.value)"] }
    }

    private var beside: [[String]] {
        let all = [("the strategy", report.figures)] + report.benchmarks.map { ($0.name, $0.figures) }
        return [["held", "return", "a year", "volatility", "Sharpe", "max drawdown"]]
            + all.map { name, figures in
                [
                    name, BacktestText.percent(figures.totalReturn), BacktestText.percent(figures.annualReturn),
                    BacktestText.percent(figures.volatility), BacktestText.number(figures.sharpe, 3),
                    BacktestText.percent(figures.maxDrawdown),
                ]
            }
    }

    private var instruments: [[String]] {
        [["instrument", "profit", "fees", "traded", "sold whole"]]
            + report.instruments.map {
                [
                    $0.instrument, BacktestText.number($0.profit, 2), BacktestText.number($0.fees, 2),
                    BacktestText.number($0.traded, 0), "\($0.closed)",
                ]
            }
    }

    private var months: String {
        let names = (1...12).map { $0 < 10 ? "0\($0)" : "\($0)" }
        let rows = BacktestText.years(report).map { year, months in
            let cells = names.map { name -> String in
                guard let value = months[name] else { return "<td></td>" }
                let depth = Int(min(60, abs(value) * 600))
                return
                    "<td class=\"\(value < 0 ? "down" : "up")\" style=\"--d:\(depth)%\">\(ResultTable.fixed(value * 100, 1))</td>"
            }
            let total = months.values.reduce(1) { $0 * (1 + $1) } - 1
            return "<tr><th>\(year)</th>\(cells.joined())<td><b>\(ResultTable.fixed(total * 100, 1))</b></td></tr>"
        }
        let header = (names + ["year"]).map { "<th>\($0)</th>" }.joined()
        return "<table class=\"months\"><tr><th></th>\(header)</tr>\(rows.joined())</table>"
    }

    private var drawdown: [Double] {
        var peak = -Double.infinity
        return report.curve.map { worth in
            peak = max(peak, worth)
            return worth / peak - 1
        }
    }

    private func plot(_ curves: [(name: String, values: [Double])]) -> String {
        ReportPage.plot(curves, over: report.days)
    }
}
