import GRDB
import Glibc

/// Judges delivered predictions by the bars that came after them, straight from the definitions.
struct Hindsight {
    private var pairs: [(label: Double, prediction: Double)] = []

    /// Reads a model's predictions; the label is the return over one bar, or the volatility over several.
    init(_ records: Tables, model: String, bars: Int) throws {
        let stored = try records.rows("SELECT instrument, time, close FROM bars ORDER BY instrument, time")
        let series = Dictionary(grouping: stored) { (row: Row) -> String in row[0] }
        let made = try records.rows(
            "SELECT instrument, time, value FROM predictions WHERE model = '\(model)'")
        for (instrument, rows) in Dictionary(grouping: made, by: { (row: Row) -> String in row[0] }) {
            let times: [Int64] = (series[instrument] ?? []).map { $0[1] }
            let closes: [Double] = (series[instrument] ?? []).map { $0[2] }
            let places = Dictionary(zip(times, times.indices), uniquingKeysWith: { first, _ in first })
            for row in rows {
                guard let place = places[row[1]], place + bars < closes.count else { continue }
                pairs.append((Self.label(Array(closes[place...(place + bars)])), row[2]))
            }
        }
    }

    var rows: Int { pairs.count }

    var r2: Double {
        let mean = pairs.reduce(0) { $0 + $1.label } / Double(pairs.count)
        let total = pairs.reduce(0) { $0 + pow($1.label - mean, 2) }
        return 1 - pairs.reduce(0) { $0 + pow($1.label - $1.prediction, 2) } / total
    }

    var correlation: Double {
        let count = Double(pairs.count)
        let (x, y) = (pairs.reduce(0) { $0 + $1.label } / count, pairs.reduce(0) { $0 + $1.prediction } / count)
        let both = pairs.reduce(0) { $0 + ($1.label - x) * ($1.prediction - y) }
        let squares = pairs.reduce((0.0, 0.0)) { ($0.0 + pow($1.label - x, 2), $0.1 + pow($1.prediction - y, 2)) }
        return both / sqrt(squares.0 * squares.1)
    }

    private static func label(_ closes: [Double]) -> Double {
        if closes.count == 2 { return closes[1] / closes[0] - 1 }
        let steps = zip(closes.dropFirst(), closes).map { pow(log($0 / $1), 2) }
        return sqrt(steps.reduce(0, +) / Double(steps.count))
    }
}
