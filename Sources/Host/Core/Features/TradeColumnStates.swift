import PluginKit
import RowColumns

/// Columns that trades give with what stands beside them in their rows: a state for each instrument.
struct TradeColumnStates: Sendable {
    private let column: FeaturePlan.Column
    private let prototype: any TradeColumn
    private let sources: [Int]
    /// By the instrument's number.
    private var states: [(any TradeColumn)?] = []

    /// Creates the states of a column that reads others at some places of a row, -1 for its price; `nil` where it is none of trades.
    init?(_ column: FeaturePlan.Column, sources: [Int]) {
        guard let prototype = column.prototype as? any TradeColumn else { return nil }
        self.column = column
        self.prototype = prototype
        self.sources = sources
    }

    /// Whether another one is the same column, perhaps at another place.
    func goesOn(as other: TradeColumnStates) -> Bool {
        column.id == other.column.id && column.identity == other.column.identity
    }

    /// The states of this one at the places of another.
    func moved(to other: TradeColumnStates) -> TradeColumnStates {
        var moved = other
        moved.states = states
        return moved
    }

    /// Fills the columns of rows of `stride` numbers, one a trade.
    mutating func fill(_ trades: [Trade], _ rows: inout [Double], _ stride: Int) {
        for (row, trade) in trades.enumerated() {
            let slot = Int(trade.instrument.rawValue)
            while states.count <= slot { states.append(nil) }
            let isAnew = states[slot] == nil || trade.flags.contains(.newLevel)
            var state = isAnew ? prototype : states[slot] ?? prototype
            // Taken out meanwhile, so that it has one owner while it is written.
            states[slot] = nil
            let start = row * stride
            rows.withUnsafeMutableBufferPointer { rows in
                guard let base = rows.baseAddress else { return }
                _ = state.update(
                    trade,
                    beside: { place in
                        sources[place] < 0 ? trade.price : base[start + sources[place]]
                    }, into: OutputRow(base: base + start + column.offset, width: column.width))
            }
            states[slot] = state
        }
    }
}
