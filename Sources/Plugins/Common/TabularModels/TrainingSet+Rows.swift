public import PluginKit

extension TrainingSet {
    /// How much an example counts; 1 where all count alike.
    @inlinable public func weight(_ example: Int) -> Double { weights.isEmpty ? 1 : weights[example] }

    /// The weighted mean of the labels.
    public var meanLabel: Double { labels.indices.reduce(0) { $0 + weight($1) * labels[$1] / Double(count) } }

    /// The rows of each event time, in order.
    public var instants: [Range<Int>] {
        var instants: [Range<Int>] = []
        var start = 0
        for row in times.indices where row + 1 == times.count || times[row + 1] != times[row] {
            instants.append(start..<row + 1)
            start = row + 1
        }
        return instants
    }

    /// The first of the newest fifth of the rows, which a fit that may end early watches and does not learn from; no event time
    /// is on both sides.
    public var firstWatched: Int {
        let wanted = count - count / 5
        return instants.first { $0.upperBound > wanted }.map { $0.lowerBound > 0 ? $0.lowerBound : $0.upperBound }
            ?? count
    }

    /// Some of the rows of a tabular set.
    public func rows(_ range: Range<Int>) -> TrainingSet {
        let width = features.count
        return TrainingSet(
            features: features, values: Array(values[range.lowerBound * width..<range.upperBound * width]),
            labels: Array(labels[range]), times: Array(times[range]), instruments: Array(instruments[range]),
            weights: weights.isEmpty ? [] : Array(weights[range]))
    }

    /// Returns the columns that an option names, separated by commas; the id of an indicator stands for all that it gives.
    public func columns(named text: String, option: String, owner: String) throws(PluginError) -> [Int] {
        var found: [Int] = []
        for name in text.split(separator: ",").map({ $0.filter { $0 != " " } }) where !name.isEmpty {
            let places = features.indices.filter { features[$0] == name || features[$0].hasPrefix("\(name).") }
            guard !places.isEmpty else {
                throw PluginError(
                    .configuration,
                    "\(owner): '\(option)' names \(PluginError.quoted(name)), which is no feature of the model; it sees "
                        + "\(PluginError.shown(features.joined(separator: ", "))). Correct the name, or add it to 'features'."
                )
            }
            found += places
        }
        return found
    }
}
