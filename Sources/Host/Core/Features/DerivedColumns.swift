package import PluginKit
import RowColumns

/// Fills the columns of a feature matrix that follow from other columns: formulas over a row, comparisons of the instruments of one
/// event time, and what trades give with what stands beside them. The same for a partition and for a training set.
package struct DerivedColumns: Sendable {
    /// A column that compares.
    private struct Crossing {
        let column: CrossColumn
        let source: Int
        let target: Int
    }

    /// A column that follows from others of its row; the price of the row stands at place -1.
    private struct Formula {
        let column: any RowColumn
        let sources: [Int]
        let target: Int
    }

    private enum Step {
        case crossing(Crossing)
        case formula(Formula)
        /// By its place among `tapes`.
        case tape(Int)
    }

    /// Each after those it reads.
    private let steps: [Step]
    private var tapes: [TradeColumnStates] = []
    /// Whether columns compare the instruments.
    package let comparesInstruments: Bool

    /// Finds the derived columns of a plan.
    ///
    /// - Parameters:
    ///   - plan: the indicators of the driving events.
    ///   - names: of all columns of a row; those of the plan come first. A column that reads one that is not there stays without a
    ///     value, and so do columns that read each other.
    ///   - before: whose states go on in the same columns.
    package init(_ plan: FeaturePlan, names: [String], goingOn before: DerivedColumns? = nil) {
        var open = plan.columns.filter { $0.prototype is any DerivedColumn }
        var places = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
        let targets = Set(open.flatMap { $0.offset..<$0.offset + $0.width })
        places = places.filter { !targets.contains($0.value) }
        places[rowPrice] = places[rowPrice] ?? -1
        var steps: [Step] = []
        while let next = open.firstIndex(where: { Self.sources(of: $0, in: places) != nil }),
            let sources = Self.sources(of: open[next], in: places)
        {
            if let tape = TradeColumnStates(open[next], sources: sources) {
                steps.append(.tape(tapes.count))
                tapes.append(before?.tapes.first { $0.goesOn(as: tape) }?.moved(to: tape) ?? tape)
            } else if let step = Self.step(open[next], sources) {
                steps.append(step)
            }
            for place in open[next].offset..<open[next].offset + open[next].width { places[names[place]] = place }
            open.remove(at: next)
        }
        self.steps = steps
        comparesInstruments = plan.columns.contains { $0.prototype is CrossColumn }
    }

    /// The places of the columns that one reads; `nil` where one of them is not there.
    private static func sources(of column: FeaturePlan.Column, in places: [String: Int]) -> [Int]? {
        guard let derived = column.prototype as? any DerivedColumn else { return nil }
        let sources = derived.sources.compactMap { places[$0] }
        return sources.count == derived.sources.count ? sources : nil
    }

    private static func step(_ column: FeaturePlan.Column, _ sources: [Int]) -> Step? {
        if let cross = column.prototype as? CrossColumn {
            return .crossing(Crossing(column: cross, source: sources[0], target: column.offset))
        }
        return (column.prototype as? any RowColumn).map {
            .formula(Formula(column: $0, sources: sources, target: column.offset))
        }
    }

    /// Whether there is nothing to fill.
    package var isEmpty: Bool { steps.isEmpty }

    /// Fills the columns of rows of `stride` numbers; where columns compare, every row of an event time is among them. Late
    /// rows have no compared value and are in no other's.
    ///
    /// - Parameter trades: what the rows are of, one each, where that is trades.
    package mutating func fill(
        _ keys: [RowKey], of trades: [Trade] = [], into rows: inout [Double], stride: Int, tally: inout SectionTally
    ) {
        guard !keys.isEmpty, !steps.isEmpty else { return }
        let sections = comparesInstruments ? Self.sections(of: keys) : []
        for step in steps {
            switch step {
            case .formula(let formula): Self.fill(formula, keys, &rows, stride)
            case .tape(let place): tapes[place].fill(trades, &rows, stride)
            case .crossing(let crossing):
                let late = keys.count - sections.reduce(0) { $0 + $1.count }
                if late > 0 { tally.missing["late_row", default: 0] += late }
                for section in sections { fill(crossing, section, keys, &rows, stride, &tally) }
            }
        }
    }

    private static func fill(_ formula: Formula, _ keys: [RowKey], _ rows: inout [Double], _ stride: Int) {
        for row in keys.indices {
            let value = formula.column.value { place in
                let source = formula.sources[place]
                return source < 0 ? keys[row].price : rows[row * stride + source]
            }
            rows[row * stride + formula.target] = value
        }
    }

    /// The rows of each event time, ascending; those that came late are in none.
    private static func sections(of keys: [RowKey]) -> [ArraySlice<Int>] {
        let order = keys.indices.filter { !keys[$0].flags.contains(.late) }.sorted { keys[$0].time < keys[$1].time }
        var sections: [ArraySlice<Int>] = []
        var start = 0
        while start < order.count {
            var end = start + 1
            while end < order.count, keys[order[end]].time == keys[order[start]].time { end += 1 }
            sections.append(order[start..<end])
            start = end
        }
        return sections
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
