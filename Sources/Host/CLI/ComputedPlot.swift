import HostApp
import PluginKit

extension LinePlot {
    /// Closes in the first panel, with what lies among the prices; below a panel for each other formula.
    init(_ table: ComputedTable, _ bars: [Bar], title: String) {
        var prices = [Line(title: "close", values: bars.map(\.close))]
        var others: [[Line]] = []
        for columns in table.formulas {
            let lines = columns.map { Line(title: table.columns[$0], values: table.values(of: $0)) }
            if columns.allSatisfy({ Self.liesAmong(bars, table.values(of: $0), unit: table.units[$0]) }) {
                prices += lines
            } else {
                others.append(lines)
            }
        }
        self.init(title: title, times: table.times, panels: [prices] + others)
    }

    /// Whether values may be prices by their unit, and none is further from the bars than half as much again.
    private static func liesAmong(_ bars: [Bar], _ values: [Double], unit: String) -> Bool {
        guard ["", "quote currency", "unit of the source"].contains(unit) else { return false }
        let lowest = bars.map(\.low).min() ?? 0
        let highest = bars.map(\.high).max() ?? 0
        return values.allSatisfy { $0.isNaN || ($0 >= lowest / 1.5 && $0 <= highest * 1.5) }
    }
}
