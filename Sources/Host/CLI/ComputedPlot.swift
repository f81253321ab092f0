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

    /// Whether values may be prices by their unit, and nine of ten lie within half as much again of their bar's.
    private static func liesAmong(_ bars: [Bar], _ values: [Double], unit: String) -> Bool {
        guard ["", "quote currency", "unit of the source"].contains(unit) else { return false }
        let known = zip(bars, values).filter { !$1.isNaN }
        let near = known.count { bar, value in value >= bar.low / 1.5 && value <= bar.high * 1.5 }
        return near > 0 && 10 * near >= 9 * known.count
    }
}
