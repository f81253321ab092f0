import Ensembles
import Glibc

/// Multiplicative weights: each event time a member loses weight by its loss there.
struct Hedge {
    /// One a member; the greatest is 1.
    let weights: [Double]

    init(_ table: MemberTable, rate: Double) {
        let members = table.columns.members.count
        let scale = 4 * table.labelVariance
        var losses = Array(repeating: 0.0, count: members)
        for rows in table.instants {
            for member in 0..<members {
                losses[member] += table.weights[rows.lowerBound] * Self.loss(table, rows, member, scale)
            }
        }
        let least = losses.min() ?? 0
        weights = losses.map { exp(-rate * ($0 - least)) }
    }

    /// The mean loss over the rows of an event time, 0...1; a member that gave nothing loses as much as one that knows nothing.
    private static func loss(_ table: MemberTable, _ rows: Range<Int>, _ member: Int, _ scale: Double) -> Double {
        var sum = 0.0
        for row in rows {
            let value = table.prediction(row, member)
            let error = table.labels[row] - value
            sum += value.isFinite && scale > 0 ? min(1, error * error / scale) : 0.25
        }
        return sum / Double(rows.count)
    }
}
