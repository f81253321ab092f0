import PluginKit

/// A split as the pipeline serves it: for each row the predictors whose turn it is.
struct ServedSplit: Sendable {
    let split: ModelSplit
    let instruments: InstrumentTable
    private let champion: PredictorTimeline
    private let arms: [Int: PredictorTimeline]

    /// Takes a split; a version that is not loaded, or whose columns are not the champion's, leaves its rows to the champion.
    init(
        _ split: ModelSplit, _ champion: PredictorTimeline, _ shadows: [PredictorTimeline],
        _ instruments: InstrumentTable
    ) {
        (self.split, self.champion, self.instruments) = (split, champion, instruments)
        let able = shadows.filter { $0.columnCount == champion.columnCount }
        arms = Dictionary(able.map { ($0.version, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// Returns the predictors that serve a row.
    func timeline(of key: RowKey) -> PredictorTimeline {
        let number = split.version(of: instruments.instrument(key.instrument), at: key.time)
        return arms[number] ?? champion
    }
}

/// Which version predicted each row of a batch.
package struct ServedVersions: Sendable, Hashable {
    /// The version, where one predicted all.
    private(set) var all = 0
    /// The version of each row, where rows are shared.
    private(set) var rows: [Int] = []

    /// Creates those of a batch that no version predicted.
    package init() {}

    /// Begins a batch.
    mutating func begin(_ version: Int) {
        all = version
        rows.removeAll(keepingCapacity: true)
    }

    /// Notes a row of a batch whose rows are shared.
    mutating func note(_ version: Int) { rows.append(version) }

    /// The version that predicted a row.
    subscript(_ row: Int) -> Int { rows.isEmpty ? all : rows[row] }
}
