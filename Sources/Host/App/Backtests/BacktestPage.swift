package import HostTrading

/// The report of a back-test as one page that needs nothing else: no script, nothing fetched.
package struct BacktestPage {
    private let report: BacktestReport
    private static let size = (width: 960.0, height: 300.0, left: 64.0, bottom: 24.0)
    /// Points of a line: more than this many cannot be told apart on a page.
    private static let points = 1_500
    private static let colours = ["#1f6feb", "#8b949e", "#d29922", "#3fb950"]

    /// Takes the report.
    package init(_ report: BacktestReport) { self.report = report }

    /// The page.
    package var html: String {
        let title = "strategy/\(report.strategy)"
        let curves = [("the strategy", report.curve)] + report.benchmarks.map { ($0.name, $0.curve) }
        return """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
            <title>\(Self.escaped(title))</title><style>\(Self.style)</style></head><body>
            <h1>\(Self.escaped(title))</h1>
            <p>\(Self.escaped(headline))</p>
            <h2>Worth, 1 on the first day</h2>
            \(plot(curves))
            <h2>Below the highest so far</h2>
            \(plot([("drawdown", drawdown)]))
            <h2>Figures</h2>
            \(table(figures))
            <h2>Held instead</h2>
            \(table(beside))
            <h2>Months, percent</h2>
            \(months)
            <h2>Instruments</h2>
            \(table(instruments))
            <h2>What was run</h2>
            \(table([["key", "value"]] + report.configuration.sorted { $0.key < $1.key }.map { [$0.key, $0.value] }))
            </body></html>

            """
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

    private func table(_ rows: [[String]]) -> String {
        let lines = rows.enumerated().map { place, row in
            let tag = place == 0 ? "th" : "td"
            return "<tr>" + row.map { "<\(tag)>\(Self.escaped($0))</\(tag)>" }.joined() + "</tr>"
        }
        return "<table>\(lines.joined())</table>"
    }

    private var drawdown: [Double] {
        var peak = -Double.infinity
        return report.curve.map { worth in
            peak = max(peak, worth)
            return worth / peak - 1
        }
    }

    private func plot(_ curves: [(name: String, values: [Double])]) -> String {
        let all = curves.flatMap(\.values).filter(\.isFinite)
        guard let low = all.min(), let high = all.max(), report.days.count > 1 else {
            return "<p>Too few days to draw.</p>"
        }
        let span = max(high - low, 1e-9)
        let size = Self.size
        func y(_ value: Double) -> Double { 8 + (high - value) / span * (size.height - size.bottom - 16) }
        let grid = (0...4).map { step -> String in
            let value = low + span * Double(step) / 4
            let line = ResultTable.fixed(y(value), 1)
            return "<line x1=\"\(size.left)\" x2=\"\(size.width)\" y1=\"\(line)\" y2=\"\(line)\"/>"
                + "<text x=\"\(size.left - 6)\" y=\"\(line)\" text-anchor=\"end\">\(ResultTable.fixed(value, 2))</text>"
        }
        let lines = curves.enumerated().map { place, curve in
            "<polyline stroke=\"\(Self.colours[place % Self.colours.count])\" points=\"\(line(curve.values, y))\"/>"
        }
        let legend =
            curves.count < 2
            ? ""
            : curves.enumerated().map { place, curve in
                "<span><i style=\"background:\(Self.colours[place % Self.colours.count])\"></i>\(Self.escaped(curve.name))</span>"
            }.joined()
        return """
            <svg viewBox="0 0 \(size.width) \(size.height)" role="img"><g class="grid">\(grid.joined())\(dates)</g>\(lines.joined())</svg>
            <p class="legend">\(legend)</p>
            """
    }

    private var dates: String {
        let size = Self.size
        return (0...5).map { step in
            let day = (report.days.count - 1) * step / 5
            let anchor = step == 0 ? "start" : step == 5 ? "end" : "middle"
            return
                "<text x=\"\(ResultTable.fixed(x(day, report.days.count), 1))\" y=\"\(size.height - 6)\" text-anchor=\"\(anchor)\">"
                + "\(report.days[day])</text>"
        }.joined()
    }

    private func x(_ place: Int, _ count: Int) -> Double {
        Self.size.left + Double(place) / Double(max(1, count - 1)) * (Self.size.width - Self.size.left)
    }

    private func line(_ values: [Double], _ y: (Double) -> Double) -> String {
        let step = max(1, values.count / Self.points)
        let places = values.indices.filter { $0 % step == 0 || $0 == values.count - 1 }
        return places.map { "\(ResultTable.fixed(x($0, values.count), 1)),\(ResultTable.fixed(y(values[$0]), 1))" }
            .joined(separator: " ")
    }

    /// Text as it stands in a page: nothing of it can be markup.
    static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.append(character)
            }
        }
    }

    private static let style = """
        body{font:14px/1.5 system-ui,sans-serif;max-width:980px;margin:2rem auto;padding:0 1rem;color:#1f2328;background:#fff}
        h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}svg{width:100%;height:auto}polyline{fill:none;stroke-width:1.5}
        .grid line{stroke:#d0d7de;stroke-width:.5}.grid text{font-size:11px;fill:#656d76}
        table{border-collapse:collapse;font-variant-numeric:tabular-nums}td,th{padding:.2rem .6rem;border-bottom:1px solid #d0d7de;text-align:right}
        td:first-child,th:first-child{text-align:left}.legend span{margin-right:1rem}.legend i{display:inline-block;width:1rem;height:.25rem;margin-right:.4rem;vertical-align:middle}
        .up{background:color-mix(in srgb,#3fb950 var(--d),transparent)}.down{background:color-mix(in srgb,#f85149 var(--d),transparent)}
        @media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}td,th,.grid line{border-color:#30363d;stroke:#30363d}.grid text{fill:#8b949e;stroke:none}}
        """
}
