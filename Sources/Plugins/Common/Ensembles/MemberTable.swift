import Glibc
public import PluginKit
import TabularModels

/// What members predicted for the rows of a training set, with the weight of each row.
public struct MemberTable {
    /// Which columns are members: those called `model/ID`, or all where none is.
    public let columns: MemberColumns
    /// Labels in row order.
    public let labels: [Double]
    /// Weight of each row, at most 1: halved every `halfLife` event times before the last one.
    public let weights: [Double]
    /// The rows of each event time, in order.
    public let instants: [Range<Int>]
    private let values: [Double]

    /// Takes a set of one row or more.
    ///
    /// - Parameter halfLife: event times after which a row counts half; 0 for never.
    /// - Throws: `.badRequest` for windows, no column, or a label or context that is no finite number; `.noData` without rows.
    public init(_ set: TrainingSet, halfLife: Int, owner: String) throws(PluginError) {
        columns = MemberColumns(set.features)
        labels = set.labels
        values = set.values
        guard set.time == 1, !set.features.isEmpty else {
            throw PluginError(
                .badRequest, "\(owner): it combines single rows of one column or more. Give it 'members'.")
        }
        guard set.count >= 2 else {
            throw PluginError(
                .noData, "\(owner): the training set has \(set.count) rows; at least 2 are needed. Give more history.")
        }
        if let row = set.labels.firstIndex(where: { !$0.isFinite }) {
            throw PluginError(
                .badRequest, "\(owner): the label of training row \(row) is no finite number. Drop the row.")
        }
        let instants = set.instants
        self.instants = instants
        weights = instants.enumerated().flatMap { place, rows in
            let age = Double(instants.count - 1 - place)
            return Array(repeating: halfLife == 0 ? 1 : exp2(-age / Double(halfLife)), count: rows.count)
        }
        for column in columns.context {
            guard let row = labels.indices.first(where: { !values[$0 * set.features.count + column].isFinite }) else {
                continue
            }
            throw PluginError(
                .badRequest,
                "\(owner): '\(set.features[column])' of training row \(row) is no finite number. Drop the row.")
        }
    }

    /// How many rows there are.
    public var count: Int { labels.count }

    /// What a member predicted for a row; NaN for nothing.
    public func prediction(_ row: Int, _ member: Int) -> Double {
        values[row * columns.width + columns.members[member]]
    }

    /// The columns of a row; a silent member says `silent`.
    public func inputs(_ row: Int, silent: Double) -> [Double] {
        values[row * columns.width..<(row + 1) * columns.width].map { $0.isFinite ? $0 : silent }
    }

    /// The mean of what the members predicted for a row; NaN where none did.
    public func mean(_ row: Int) -> Double {
        var (sum, count) = (0.0, 0.0)
        for member in columns.members.indices {
            let value = prediction(row, member)
            if value.isFinite { (sum, count) = (sum + value, count + 1) }
        }
        return count > 0 ? sum / count : .nan
    }

    /// What a sum of members is for a row; NaN where none predicted.
    public func value(_ row: Int, of formula: WeightedMembers) -> Double {
        formula.value(values.span, at: row * columns.width, columns.members)
    }

    /// The weighted mean squared error of each member over the rows that it predicted; infinite for one that predicted none.
    public func squaredErrors() -> [Double] {
        columns.members.indices.map { member in
            var (sum, weight) = (0.0, 0.0)
            for row in 0..<count {
                let value = prediction(row, member)
                guard value.isFinite else { continue }
                sum += weights[row] * (labels[row] - value) * (labels[row] - value)
                weight += weights[row]
            }
            return weight > 0 ? sum / weight : .infinity
        }
    }

    /// The weighted variance of the labels.
    public var labelVariance: Double {
        let total = weights.reduce(0, +)
        let mean = zip(weights, labels).reduce(0) { $0 + $1.0 * $1.1 } / total
        return zip(weights, labels).reduce(0) { $0 + $1.0 * ($1.1 - mean) * ($1.1 - mean) } / total
    }
}
