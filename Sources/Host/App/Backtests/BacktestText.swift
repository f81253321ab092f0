package import HostTrading

/// The report of a back-test in lines of text.
package enum BacktestText {
    /// Returns the report of one run.
    package static func text(_ report: BacktestReport) -> String {
        let from = report.configuration["from"] ?? ""
        let rule = report.configuration["rule"] ?? ""
        return
            "strategy/\(report.strategy): \(rule) by \(from), \(report.from) ... \(report.through), \(report.bars) bars, "
            + "\(report.fills) fills\n\n" + figures(report).text + "\n" + beside(report).text + "\n"
            + monthly(report).text + "\n"
            + instruments(report).text
    }

    private static func figures(_ report: BacktestReport) -> TextTable {
        let fees = report.fees.filter { $0.value != 0 }.sorted { $0.key < $1.key }
            .map { "\($0.key) \(number($0.value, 2))" }.joined(separator: ", ")
        let refused = report.refused.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        let rows = [
            ["equity", number(report.equity, 2), "of \(number(report.capital, 2))"],
            ["return", percent(report.figures.totalReturn), "a year \(percent(report.figures.annualReturn))"],
            ["volatility", percent(report.figures.volatility), "a year"],
            ["Sharpe ratio", number(report.figures.sharpe, 3), deflated(report)],
            ["information ratio", number(report.informationRatio, 3), "against equal weights"],
            ["max drawdown", percent(report.figures.maxDrawdown), "longest \(report.figures.longestDrawdown) days"],
            ["turnover", number(report.turnover, 2), "times a year"],
            ["exposure", percent(report.exposure), "mean"],
            ["trades", "\(report.closed)", "sold whole; \(percent(report.won)) of sales earned something"],
            ["costs", number(report.fees.values.reduce(0, +), 2), fees],
            ["capacity", number(report.capacity, 0), "capital at which 95 of 100 fills would reach the volume cap"],
            ["not filled", "\(report.refused.values.reduce(0, +))", refused],
        ]
        return TextTable(header: ["figure", "value", ""], rows: rows, isRight: [false, true, false])
    }

    private static func deflated(_ report: BacktestReport) -> String {
        "deflated for \(report.tries) tr\(report.tries == 1 ? "y" : "ies"): \(percent(report.deflatedSharpe)) that it is more than luck"
    }

    private static func beside(_ report: BacktestReport) -> TextTable {
        let all = [("the strategy", report.figures)] + report.benchmarks.map { ($0.name, $0.figures) }
        return TextTable(
            header: ["held", "return", "a year", "volatility", "Sharpe", "max drawdown"],
            rows: all.map { name, figures in
                [
                    name, percent(figures.totalReturn), percent(figures.annualReturn), percent(figures.volatility),
                    number(figures.sharpe, 3), percent(figures.maxDrawdown),
                ]
            }, isRight: [false, true, true, true, true, true])
    }

    private static func monthly(_ report: BacktestReport) -> TextTable {
        let names = ["01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12"]
        let rows = years(report).map { year, months in
            [year] + names.map { months[$0].map { ResultTable.fixed($0 * 100, 1) } ?? "" }
                + [ResultTable.fixed((months.values.reduce(1) { $0 * (1 + $1) } - 1) * 100, 1)]
        }
        return TextTable(
            header: ["percent"] + names + ["year"], rows: rows, isRight: [false] + Array(repeating: true, count: 13))
    }

    /// The returns of months by year, in order.
    static func years(_ report: BacktestReport) -> [(year: String, months: [String: Double])] {
        Dictionary(grouping: report.months) { String($0.month.dropLast(3)) }.sorted { $0.key < $1.key }.map {
            year, months in
            (year, Dictionary(months.map { (String($0.month.suffix(2)), $0.return) }) { $1 })
        }
    }

    private static func instruments(_ report: BacktestReport) -> TextTable {
        TextTable(
            header: ["instrument", "profit", "fees", "traded", "sold whole"],
            rows: report.instruments.map { row in
                [row.instrument, number(row.profit, 2), number(row.fees, 2), number(row.traded, 0), "\(row.closed)"]
            }, isRight: [false, true, true, true, true])
    }

    /// Returns the runs of a sweep, the highest Sharpe ratio first.
    package static func text(_ runs: [BacktestResult.Run], most: Int = 20) -> String {
        let keys = Set(runs.flatMap(\.settings.keys)).sorted()
        let ranked = runs.sorted { ($0.report.figures.sharpe ?? -.infinity) > ($1.report.figures.sharpe ?? -.infinity) }
        let rows = ranked.prefix(most).map { run in
            keys.map { run.settings[$0] ?? "" } + [
                percent(run.report.figures.totalReturn), number(run.report.figures.sharpe, 3),
                percent(run.report.deflatedSharpe), percent(run.report.figures.maxDrawdown),
                number(run.report.turnover, 2),
                "\(run.report.fills)",
            ]
        }
        let table = TextTable(
            header: keys + ["return", "Sharpe", "more than luck", "max drawdown", "turnover", "fills"], rows: rows,
            isRight: keys.map { _ in false } + Array(repeating: true, count: 6))
        let left = runs.count > most ? "The \(most) best of \(runs.count) runs" : "\(runs.count) runs"
        return
            "\(left); 'more than luck' takes off that the best of \(runs.first?.report.tries ?? 0) tries was chosen.\n\n"
            + table.text
    }

    static func percent(_ value: Double?) -> String { value.map { ResultTable.fixed($0 * 100, 2) + " %" } ?? "-" }

    static func number(_ value: Double?, _ decimals: Int) -> String { ResultTable.fixed(value, decimals) }
}
