import CrossSections
package import PluginKit

/// Fills the columns of a feature matrix that compare the instruments of one event time. The same for a partition and for a
/// training set.
package struct CrossSection: Sendable {
    /// A column to fill.
    private struct Crossing {
        let column: CrossColumn
        let source: Int
        let target: Int
    }

    private let crossings: [Crossing]

    /// Finds the columns of a plan that compare; one whose `of` is no column of it stays without a value.
    package init(_ plan: FeaturePlan) {
        crossings = plan.columns.compactMap { column in
            guard let cross = column.prototype as? CrossColumn,
                let source = plan.schema.names.firstIndex(of: cross.column)
            else { return nil }
            return Crossing(column: cross, source: source, target: column.offset)
        }
    }

    /// Whether there is nothing to fill.
    package var isEmpty: Bool { crossings.isEmpty }

    /// Fills the columns of rows of `stride` numbers; every row of an event time is among them. Late rows have no value and
    /// are in no other's.
    package func fill(_ keys: [RowKey], into rows: inout [Double], stride: Int, tally: inout SectionTally) {
        guard !keys.isEmpty, !crossings.isEmpty else { return }
        let order = keys.indices.filter { !keys[$0].flags.contains(.late) }.sorted { keys[$0].time < keys[$1].time }
        let late = (keys.count - order.count) * crossings.count
        if late > 0 { tally.missing["late_row", default: 0] += late }
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, keys[order[end]].time == keys[order[start]].time { end += 1 }
            for crossing in crossings { fill(crossing, order[start..<end], keys, &rows, stride, &tally) }
            start = end
        }
    }

    /// Fills a column for the rows of one event time.
    private func fill(
        _ crossing: Crossing, _ section: ArraySlice<Int>, _ keys: [RowKey], _ rows: inout [Double], _ stride: Int,
        _ tally: inout SectionTally
    ) {
        var groups: [Int: [(value: Double, row: Int)]] = [:]
        for row in section {
            let value = rows[row * stride + crossing.source]
            rows[row * stride + crossing.target] = .nan
            guard value.isFinite else {
                tally.missing["no_value", default: 0] += 1
                continue
            }
            guard let group = crossing.column.group(of: keys[row].instrument) else {
                tally.missing["no_group", default: 0] += 1
                continue
            }
            groups[group, default: []].append((value, row))
        }
        for var group in groups.values {
            guard group.count >= crossing.column.least else {
                tally.missing["too_few", default: 0] += group.count
                continue
            }
            group.sort { $0.value < $1.value }
            let results = crossing.column.rule.results(group.map(\.value))
            for (place, result) in zip(group, results) { rows[place.row * stride + crossing.target] = result }
            let undefined = results.count { !$0.isFinite }
            if undefined > 0 { tally.missing["undefined", default: 0] += undefined }
        }
    }
}

extension CrossColumn {
    /// The group an instrument is in; `nil` for none.
    fileprivate func group(of instrument: InstrumentID) -> Int? {
        guard !groups.isEmpty else { return 0 }
        let place = Int(instrument.rawValue)
        return place < groups.count && groups[place] >= 0 ? groups[place] : nil
    }
}
