import PluginKit

/// What a portfolio would have earned that is put together anew each horizon, after costs.
///
/// Returns are those of the labels; nothing is earned on cash. It says how much of a prediction outlives its costs, not what an
/// account would hold: prices are closes, and every trade is filled at them.
package struct PortfolioFigures: Sendable, Hashable, Codable {
    /// What each trade costs, as a fraction of its value.
    package static let cost = 0.001
    private static let year = 365.25 * 86_400e9

    /// Times it was put together.
    package var periods: Int
    /// Mean return of a period by the number of periods a year, a fraction.
    package var annualReturn: Double
    /// Mean return by its standard deviation, a year's.
    package var informationRatio: Double?
    /// Largest loss from a peak, a fraction.
    package var maxDrawdown: Double
    /// Mean traded value of a period, as a fraction of what is held on one side.
    package var turnover: Double

    enum CodingKeys: String, CodingKey {
        case periods, turnover
        case annualReturn = "annual_return"
        case informationRatio = "information_ratio"
        case maxDrawdown = "max_drawdown"
    }

    /// Follows weights through panels, each of one event time and at least one row.
    init(_ panels: [ArraySlice<PanelMetrics.Row>], weights: (ArraySlice<PanelMetrics.Row>) -> [Double]) {
        var held: [InstrumentID: Double] = [:]
        var (returns, traded) = ([Double](), [Double]())
        for panel in panels {
            let wanted = Dictionary(uniqueKeysWithValues: zip(panel.map(\.instrument), weights(panel)))
            let trades = Set(held.keys).union(wanted.keys).reduce(0.0) { $0 + abs((wanted[$1] ?? 0) - (held[$1] ?? 0)) }
            let earned = panel.reduce(0.0) { $0 + (wanted[$1.instrument] ?? 0) * $1.observation.label }
            returns.append(earned - Self.cost * trades)
            traded.append(trades)
            held = wanted
        }
        let times = (panels.first?.first?.time ?? 0, panels.last?.first?.time ?? 0)
        let span = Double(times.1 - times.0) / Self.year
        let yearly = span > 0 ? Double(panels.count - 1) / span : 0
        periods = panels.count
        annualReturn = returns.mean * yearly
        informationRatio = returns.deviation.flatMap { $0 > 0 ? returns.mean / $0 * yearly.squareRoot() : nil }
        turnover = traded.mean
        (maxDrawdown, _, _) = returns.reduce((0.0, 1.0, 1.0)) { state, earned in
            let value = state.1 * (1 + earned)
            let peak = max(state.2, value)
            return (max(state.0, 1 - value / peak), value, peak)
        }
    }
}
