/// A page that needs nothing else: no script, nothing fetched; the browser shows it from the disk.
enum ReportPage {
    /// A line; what is no number leaves a gap.
    typealias Curve = (name: String, values: [Double])

    private static let size = (width: 960.0, height: 300.0, left: 64.0, bottom: 24.0)
    /// Points of a line: more than this many cannot be told apart on a page.
    private static let points = 1_500
    private static let colours = ["#1f6feb", "#8b949e", "#d29922", "#3fb950"]

    /// Returns the page of a body, under its title.
    static func html(title: String, _ body: String) -> String {
        """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <title>\(escaped(title))</title><style>\(style)</style></head><body>
        <h1>\(escaped(title))</h1>
        \(body)
        </body></html>

        """
    }

    /// Returns a table, whose first row is its header.
    static func table(_ rows: [[String]]) -> String {
        let lines = rows.enumerated().map { place, row in
            let tag = place == 0 ? "th" : "td"
            return "<tr>" + row.map { "<\(tag)>\(escaped($0))</\(tag)>" }.joined() + "</tr>"
        }
        return "<table>\(lines.joined())</table>"
    }

    /// Returns curves over the same days, drawn.
    static func plot(_ curves: [Curve], over days: [String]) -> String {
        let all = curves.flatMap(\.values).filter(\.isFinite)
        guard let low = all.min(), let high = all.max(), days.count > 1 else {
            return "<p>Too few days to draw.</p>"
        }
        let span = max(high - low, high.magnitude * 1e-9, 1e-300)
        func y(_ value: Double) -> Double { 8 + (high - value) / span * (size.height - size.bottom - 16) }
        let grid = (0...4).map { step -> String in
            let value = low + span * Double(step) / 4
            let line = ResultTable.fixed(y(value), 1)
            return "<line x1=\"\(size.left)\" x2=\"\(size.width)\" y1=\"\(line)\" y2=\"\(line)\"/>"
                + "<text x=\"\(size.left - 6)\" y=\"\(line)\" text-anchor=\"end\">\(label(value, span))</text>"
        }
        let lines = curves.enumerated().map { place, curve in
            "<polyline stroke=\"\(colours[place % colours.count])\" points=\"\(line(curve.values, y))\"/>"
        }
        let legend =
            curves.count < 2
            ? ""
            : curves.enumerated().map { place, curve in
                "<span><i style=\"background:\(colours[place % colours.count])\"></i>\(escaped(curve.name))</span>"
            }.joined()
        return """
            <svg viewBox="0 0 \(size.width) \(size.height)" role="img"><g class="grid">\(grid.joined())\(dates(days))</g>\(lines.joined())</svg>
            <p class="legend">\(legend)</p>
            """
    }

    /// A number on the axis, with as many decimals as tell the lines of the grid apart.
    private static func label(_ value: Double, _ span: Double) -> String {
        var (decimals, step) = (2, span)
        while step < 0.08, decimals < 12 { (decimals, step) = (decimals + 1, step * 10) }
        return ResultTable.fixed(value, decimals)
    }

    private static func dates(_ days: [String]) -> String {
        (0...5).map { step in
            let day = (days.count - 1) * step / 5
            let anchor = step == 0 ? "start" : step == 5 ? "end" : "middle"
            return
                "<text x=\"\(ResultTable.fixed(x(day, days.count), 1))\" y=\"\(size.height - 6)\" text-anchor=\"\(anchor)\">"
                + "\(days[day])</text>"
        }.joined()
    }

    private static func x(_ place: Int, _ count: Int) -> Double {
        size.left + Double(place) / Double(max(1, count - 1)) * (size.width - size.left)
    }

    private static func line(_ values: [Double], _ y: (Double) -> Double) -> String {
        let step = max(1, values.count / points)
        let places = values.indices.filter { values[$0].isFinite && ($0 % step == 0 || $0 == values.count - 1) }
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
        .bars{display:flex;align-items:flex-end;height:3rem;gap:1px}.bars i{width:.5rem;background:#1f6feb}.bars i.l{background:#8b949e}
        """
}
